"""Networks that a configuration describes, refused by their sizes before they are made."""

import math

import pytest

from forger.checks import memory
from forger.config.build import build
from forger.config.sizes import check_size
from forger.errors import ForgerError
from tiny import MLP_4X4, composed


def test_networks_that_fit_are_not_refused_for_their_size() -> None:
    config = composed(*MLP_4X4)
    gan = build(config)
    needed = sum(t.nbytes for t in [*gan.parameters(), *gan.buffers()])
    check_size(config, needed, "it")
    with pytest.raises(ForgerError, match=r"and it holds .*smaller sizes$"):
        check_size(config, needed - 1, "it")


@pytest.mark.parametrize("network", ["transformer", "r3gan", "mlp"])
def test_layers_without_end_are_not_made(network: str) -> None:
    small = {"transformer": ["width=1", "heads=1"], "r3gan": ["width=1", "group_width=1"]}
    many = {"transformer": "depth=1000000000", "r3gan": "blocks=1000000000"}
    many["mlp"] = f"widths=[{','.join(['1'] * 3000)}]"
    settings = [*small.get(network, []), many[network]]
    overrides = [f"generator={network}", f"discriminator={network}"]
    overrides += [f"generator.{setting}" for setting in settings]
    with pytest.raises(ForgerError, match=r"^generator: more than 10,000 parameters: give fewer"):
        check_size(composed(*overrides), memory(), "it")


@pytest.mark.parametrize(("factor", "refused"), [(4, False), (1_000_000, True)])
def test_examples_that_no_memory_holds_are_not_made(factor: int, refused: bool) -> None:
    config = composed(*MLP_4X4)
    layers = [
        {"_target_": "torch.nn.Upsample", "scale_factor": factor},
        {"_target_": "torch.nn.MaxPool2d", "kernel_size": 4 * factor},
        {"_target_": "torch.nn.Flatten", "start_dim": 0},
    ]
    config.discriminator = {"_target_": "torch.nn.Sequential", "_args_": layers}
    if not refused:
        check_size(config, memory(), "it")
        return
    with pytest.raises(ForgerError, match=r"would take 6.4e\+04 GB for a single example, and"):
        check_size(config, memory(), "it")


def test_attention_between_all_pixels_of_a_large_image_is_not_tried() -> None:
    patches = ["patch=1", "width=1", "heads=1", "depth=1"]
    settings = [f"{network}.{p}" for network in ("generator", "discriminator") for p in patches]
    chosen = ["generator=transformer", "discriminator=transformer", "model.latent_dim=1"]
    config = composed(*chosen, *settings, "data.shape=[1,1024,1024]")
    with pytest.raises(ForgerError, match=r"would take 4.4e\+03 GB for a single example"):
        check_size(config, memory(), "it")


def test_a_latent_vector_that_no_memory_holds_is_not_drawn() -> None:
    # The generator takes one of 100 numbers, so that its own sizes are small.
    config = composed("generator=mlp", "discriminator=mlp", "generator.latent_dim=100")
    config.model.latent_dim = 10**12
    with pytest.raises(ForgerError, match=r"would take 4e\+03 GB for a single example"):
        check_size(config, math.inf, "a file")
