"""Mixed precision is Algorithm 1 with its gradients rounded, and scaled where they are small."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from pytorch_lightning.plugins.precision import MixedPrecision
from torch import Tensor, nn
from torch.nn.functional import softplus

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.gradient_clipping import GradientClipping
from forger.seeds import derive_seed
from reference import BATCH, NETWORKS, apply, minibatches, sgd
from tiny import LATENT, Images, make_gan, same, snapshot, train

# Of the loss at first, too large for fp16: some updates must be left out.
SCALE = 2.0**18


def algorithm_1_in(
    dtype: torch.dtype,
    limits: dict[str, float],
    generator: nn.Module,
    discriminator: nn.Module,
    updates: int,
) -> float:
    """Algorithm 1 with what mixed precision and clipping add to it; the last scale of the loss."""
    networks = {"generator": generator, "discriminator": discriminator}
    optimizers = {name: sgd(network.parameters()) for name, network in networks.items()}
    scale = SCALE if dtype is torch.float16 else 1.0

    def descend(name: str, loss: Tensor) -> None:
        nonlocal scale
        scaled = torch.autograd.grad(scale * loss, list(networks[name].parameters()))
        gradients = [gradient / scale for gradient in scaled]
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        if norm.isfinite():
            shrink = (limits[name] / norm).clamp(max=1)
            apply(optimizers[name], networks[name], tuple(shrink * g for g in gradients))
        else:
            scale /= 2

    iterations = minibatches(Images())
    for update in range(updates):
        images, _ = next(iterations)
        torch.manual_seed(derive_seed(0, 0, update))
        with torch.autocast("cpu", dtype, dtype is not torch.float32, cache_enabled=False):
            fake = generator(torch.randn(BATCH, LATENT)).detach()
            real_logits = discriminator(images / 255 * 2 - 1).float()
            fake_logits = discriminator(fake).float()
            cost = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        descend("discriminator", cost)
        with torch.autocast("cpu", dtype, dtype is not torch.float32, cache_enabled=False):
            fake_logits = discriminator(generator(torch.randn(BATCH, LATENT))).float()
            cost = softplus(-fake_logits).mean()
        descend("generator", cost)
    return scale


def in_precision(precision: Any) -> dict[str, Any]:
    """What a trainer takes for it; on a CPU, Lightning alone would make bf16 of fp16."""
    if precision != "16-mixed":
        return {"precision": precision}
    scaler = torch.amp.GradScaler("cpu", init_scale=SCALE)
    return {"plugins": [MixedPrecision(precision, "cpu", scaler)]}


@pytest.mark.parametrize("make_networks", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize(
    "limits",
    [{}, {"generator": 1e-3}, {"generator": 0.02, "discriminator": 0.05}],
    ids=["free", "one limit", "two limits"],
)
@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16), ("16-mixed", torch.float16)],
)
def test_mixed_precision_and_clipping_are_algorithm_1_with_its_gradients_rounded_and_cut(
    tmp_path: Path,
    make_networks: Callable[[], dict[str, nn.Module]],
    limits: dict[str, float],
    precision: str,
    dtype: torch.dtype,
) -> None:
    by_hand, start = make_networks(), make_networks()
    none = dict.fromkeys(by_hand, torch.inf)
    scale = algorithm_1_in(dtype, none | limits, **by_hand, updates=4)
    gan = make_gan(**make_networks(), optimizer={"generator": sgd, "discriminator": sgd})
    clip = GradientClipping(**(dict.fromkeys(by_hand) | limits))
    trainer = train(tmp_path, gan, max_steps=4, callbacks=[clip], **in_precision(precision))
    for name, network in by_hand.items():
        torch.testing.assert_close(
            getattr(gan, name).state_dict(), network.state_dict(), rtol=1e-5, atol=1e-6
        )
        assert not same(snapshot(network), snapshot(start[name]))
    if precision == "16-mixed":
        assert trainer.precision_plugin.state_dict()["scale"] == scale < SCALE
    assert all(loss.dtype is torch.float32 for loss in gan.last.values())


def test_the_scale_of_the_loss_is_resumed_as_well(tmp_path: Path) -> None:
    saved = tmp_path / "checkpoints" / "update_000003.ckpt"
    whole, resumed = make_gan(), make_gan()
    keep = Checkpoint(3, None, keep_all=True)
    train(tmp_path, whole, 6, [keep], **in_precision("16-mixed"))
    train(tmp_path / "resumed", resumed, 6, ckpt=saved, **in_precision("16-mixed"))
    assert torch.load(saved, weights_only=True)["MixedPrecision"]["scale"] < SCALE
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
