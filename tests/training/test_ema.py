"""The moving average of what must not be averaged, and of what must."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from pytorch_lightning import Callback, Trainer
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm, weight_norm

from forger.gan import GAN
from forger.training.ema import converge_spectral_norm, mend, singular_vectors
from tiny import LATENT, SHAPE, make_gan, same, train

STYLES = [parametrizations.spectral_norm, spectral_norm]
WIDTH = 32


class Own(nn.Module):
    """A normalisation of one's own, whose statistics are new tensors each time."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.running_mean = 0.5 * self.running_mean + 0.5 * x.detach().mean(0)
        return x - self.running_mean


class Generator(nn.Module):
    """Under spectral normalisation, with batch normalisation and a layer that fades in."""

    value_range = (-1.0, 1.0)

    def __init__(self, norm: Callable[[nn.Module], nn.Module]) -> None:
        super().__init__()
        self.first = norm(nn.Linear(LATENT, WIDTH))
        self.batch_norm = nn.BatchNorm1d(WIDTH)
        self.own = Own()
        self.second = norm(nn.Linear(WIDTH, WIDTH))
        self.last = nn.Sequential(nn.Linear(WIDTH, 16), nn.Tanh(), nn.Unflatten(1, SHAPE))
        self.register_buffer("alpha", torch.tensor(1.0))

    def forward(self, z: Tensor) -> Tensor:
        h = self.own(self.batch_norm(self.first(z)))
        return self.last(h + self.alpha * self.second(h))


class Fade(Callback):
    """Fades the layer in, in place or by another tensor."""

    def __init__(self, in_place: bool) -> None:
        self.in_place = in_place

    def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
        value = torch.tensor(trainer.global_step / 100)
        if self.in_place:
            gan.generator.alpha.copy_(value)  # pyright: ignore
        else:
            gan.generator.alpha = value


def gan_of(norm: Callable[[nn.Module], nn.Module], ema_halflife: float = 400) -> GAN:
    torch.manual_seed(0)
    adam = partial(torch.optim.Adam, lr=0.02)
    optimizer = {"generator": adam, "discriminator": adam}
    return make_gan(generator=Generator(norm), optimizer=optimizer, ema_halflife=ema_halflife)


def largest(network: nn.Module) -> list[float]:
    """The largest singular value of each normalised weight in use, in evaluation mode."""
    network.eval()
    network(torch.zeros(1, LATENT))  # the older hook puts the weight in place
    layers = (network.first, network.second)
    return [torch.linalg.matrix_norm(layer.weight, 2).item() for layer in layers]  # pyright: ignore


@pytest.mark.parametrize("norm", STYLES, ids=["parametrization", "hook"])
def test_the_average_of_normalised_weights_is_normalised(
    tmp_path: Path, norm: Callable[[nn.Module], nn.Module]
) -> None:
    gan = gan_of(norm)
    train(tmp_path, gan, 300)
    assert gan.ema is not None
    for vector in singular_vectors(gan.ema):
        assert vector.norm().item() == pytest.approx(1, abs=1e-5)
    assert largest(gan.ema) == pytest.approx([1, 1], abs=0.01)
    # The weight itself is the average, and not that of the generator.
    weights = [dict(n.named_parameters()) for n in (gan.ema, gan.generator)]
    for name in weights[0]:
        assert not torch.equal(weights[0][name], weights[1][name]), name


@pytest.mark.parametrize("norm", STYLES, ids=["parametrization", "hook"])
def test_it_is_normalised_from_the_first_update_on(
    tmp_path: Path, norm: Callable[[nn.Module], nn.Module]
) -> None:
    gan = gan_of(norm)
    train(tmp_path, gan, 1)
    assert gan.ema is not None
    assert largest(gan.ema) == pytest.approx([1, 1], abs=0.05)


@pytest.mark.parametrize("in_place", [True, False])
def test_running_statistics_are_averaged_and_other_buffers_copied(
    tmp_path: Path, in_place: bool
) -> None:
    gan = gan_of(nn.Identity.forward.__get__(nn.Identity()))
    gan.ema_halflife = 4  # one update counts half
    seen: list[dict[str, Tensor]] = []

    class Record(Callback):
        def on_train_batch_end(self, trainer: Trainer, gan: GAN, *_: object) -> None:
            seen.append({name: b.clone() for name, b in gan.generator.named_buffers()})

    assert gan.ema is not None
    expected = {name: b.clone() for name, b in gan.ema.named_buffers()}
    train(tmp_path, gan, 9, [Record(), Fade(in_place)])
    for buffers in seen:
        for name in expected:
            if "running_" in name:
                expected[name] = (expected[name] + buffers[name]) / 2
            else:
                expected[name] = buffers[name]
    torch.testing.assert_close(dict(gan.ema.named_buffers()), expected)
    assert expected["alpha"] == pytest.approx(0.08)
    assert expected["batch_norm.num_batches_tracked"] == 18
    assert expected["own.running_mean"].abs().sum() > 0


def test_vectors_that_are_means_are_mended_and_others_left() -> None:
    network = Generator(parametrizations.spectral_norm)
    converge_spectral_norm(network)
    before = {name: buffer.clone() for name, buffer in network.state_dict().items()}
    mend(network)
    assert same(before, dict(network.state_dict()))
    for vector in singular_vectors(network):
        vector.mul_(0.2)
    assert max(largest(network)) > 20
    mend(network)
    assert largest(network) == pytest.approx([1, 1], abs=0.01)


@pytest.mark.parametrize("norm", STYLES, ids=["parametrization", "hook"])
def test_a_dry_run_builds_it_without_memory(norm: Callable[[nn.Module], nn.Module]) -> None:
    with torch.device("meta"):
        gan = gan_of(norm)
    assert gan.ema is not None
    assert all(tensor.is_meta for tensor in gan.ema.state_dict().values())


class Normalised(nn.Module):
    """Under the older hook of weight normalisation, and run once while it is made."""

    value_range = (-1.0, 1.0)

    def __init__(self, norm: Callable[[nn.Module], nn.Module]) -> None:
        super().__init__()
        self.first = norm(nn.Linear(LATENT, WIDTH))
        self.last = nn.Sequential(norm(nn.Linear(WIDTH, 16)), nn.Tanh(), nn.Unflatten(1, SHAPE))
        self(torch.zeros(2, LATENT))

    def forward(self, z: Tensor) -> Tensor:
        return self.last(self.first(z))


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
@pytest.mark.parametrize("norm", [weight_norm, *STYLES], ids=["weight_norm", *map(repr, (0, 1))])
def test_the_average_of_layers_that_keep_what_they_compute_moves(
    tmp_path: Path, norm: Callable[[nn.Module], nn.Module]
) -> None:
    gan = make_gan(generator=Normalised(norm), ema_halflife=20)
    train(tmp_path, gan, 30)
    assert gan.ema is not None
    assert not torch.equal(gan.ema.first.bias, gan.generator.first.bias)  # pyright: ignore
    again = make_gan(generator=Normalised(norm), ema_halflife=20)
    again.load_state_dict(gan.state_dict())
    z = torch.randn(5, LATENT)
    assert torch.equal(gan.generate(z), again.generate(z))
    if norm is weight_norm:
        layer = gan.ema.first
        v, g = layer.weight_v, layer.weight_g  # pyright: ignore
        torch.testing.assert_close(layer.weight, v * (g / v.norm(dim=1, keepdim=True)))  # pyright: ignore
