from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from forger.callbacks.overfitting import Overfitting
from forger.data.minibatches import Split
from forger.gan import GAN
from forger.latents import sample_prior_by_index
from forger.models.bigan import BiGAN
from tiny import LATENT, SHAPE, Images, make_gan, same, train


class Halves(Images):
    """Training images are the first half, validation images the second."""

    def load(self) -> dict[str, Split]:
        (images, labels) = super().load()["train"]
        parts = zip(images.chunk(2), labels.chunk(2), strict=True)
        first, second = (Split(*part) for part in parts)
        return {"train": first, "validation": second, "test": second}


class Memory(nn.Module):
    """A discriminator that knows some images by heart: logit 3 for these, -1 for all others."""

    def __init__(self, known: Tensor) -> None:
        super().__init__()
        self.register_buffer("known", known.flatten(1))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        # (m, 1, d) and (known, d) -> (m, known) -> (m,)
        near = ((x.flatten(1)[:, None] - self.known).abs().amax(2) < 1e-3).any(1)  # pyright: ignore
        return self.scale.detach() * torch.where(near, 3.0, -1.0)


def measured(tmp_path: Path, known: str) -> dict[str, float]:
    data = Halves()
    data.setup()
    images = {
        "train": data.splits["train"].examples,
        "both": torch.cat([data.splits[name].examples for name in ("train", "validation")]),
    }[known]
    gan = make_gan(discriminator=Memory(images.float() / 127.5 - 1))
    callback = Overfitting(every_n_updates=2, minibatches=3, seed=0)
    trainer = train(tmp_path, gan, 2, [callback], data=data)
    names = ("prob/validation", "training/overfitting")
    return {name: trainer.callback_metrics[name].item() for name in names}


def test_a_discriminator_that_knows_the_training_images_alone_overfits(tmp_path: Path) -> None:
    values = measured(tmp_path, "train")
    assert values["training/overfitting"] == 1
    assert values["prob/validation"] == pytest.approx(torch.tensor(-1.0).sigmoid().item())


def test_one_that_takes_all_real_images_for_real_does_not(tmp_path: Path) -> None:
    values = measured(tmp_path, "both")
    assert values["training/overfitting"] == 0
    assert values["prob/validation"] == pytest.approx(torch.tensor(3.0).sigmoid().item())


def test_logits_are_means_over_the_first_minibatches_in_evaluation_mode(tmp_path: Path) -> None:
    gan, data = make_gan(), Halves()
    callback = Overfitting(every_n_updates=3, minibatches=2, seed=5)
    trainer = train(tmp_path, gan, 3, [callback], data=data)
    gan.eval()
    with torch.no_grad():
        real, held_out = (
            gan.discriminator(data.splits[name].examples[:8].float() / 127.5 - 1).mean()
            for name in ("train", "validation")
        )
        fake = gan.discriminator(gan.generator(sample_prior_by_index("normal", 8, 3, 5))).mean()
    expected = ((real - held_out) / (real - fake)).item()
    found = trainer.callback_metrics["training/overfitting"].item()
    assert found == pytest.approx(expected, rel=1e-4)


def test_training_goes_on_as_if_nothing_had_been_measured(tmp_path: Path) -> None:
    def noisy(x: Tensor) -> Tensor:
        return x + torch.rand_like(x)

    def trained(callbacks: list[Overfitting], folder: str) -> GAN:
        gan = make_gan(augment={"noisy": noisy})
        train(tmp_path / folder, gan, 5, callbacks)
        return gan

    with_it = trained([Overfitting(every_n_updates=1, minibatches=2, seed=0)], "with")
    without = trained([], "without")
    assert same(with_it.state_dict(), without.state_dict())
    assert with_it.discriminator.training == without.discriminator.training


class WithoutValidation(Images):
    def load(self) -> dict[str, Split]:
        splits = super().load()
        return splits | {"validation": Split(*(part[:0] for part in splits["train"]))}


def pairs() -> GAN:
    """A BiGAN with a discriminator of pairs that is not ours."""
    width = torch.Size(SHAPE).numel()
    return make_gan(
        BiGAN,
        discriminator=nn.Sequential(nn.Linear(width + LATENT, 1), nn.Flatten(0)),
        encoder=nn.Sequential(nn.Flatten(), nn.Linear(width, LATENT)),
        optimizer=dict.fromkeys(("generator", "encoder", "discriminator"), torch.optim.Adam),
        schedule=dict.fromkeys(("generator", "encoder", "discriminator")),
    )


@pytest.mark.parametrize(
    ("gan", "data", "reason"),
    [
        (
            make_gan(),
            WithoutValidation(),
            "0 validation examples do not fill a minibatch (data.batch_size is 4)",
        ),
        (pairs(), Images(), "the discriminator of BiGAN takes more than examples"),
    ],
)
def test_where_nothing_can_be_measured_one_line_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], gan: GAN, data: Images, reason: str
) -> None:
    callback = Overfitting(every_n_updates=1, minibatches=2, seed=0)
    trainer = train(tmp_path, gan, 2, [callback], data=data)
    assert capsys.readouterr().out.count(f"training/overfitting is not measured: {reason}") == 1
    assert "training/overfitting" not in trainer.callback_metrics
