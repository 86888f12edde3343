import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from forger.config.build import build
from forger.config.conf_folder import CONF
from forger.config.schema import check
from forger.config.settings import Train
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.gan import GAN
from forger.losses import Loss, NonSaturating, Relativistic
from forger.models.bigan import BiGAN
from forger.networks import mlp
from forger.networks.joint import Joint, join
from forger.seeds import derive_seed
from tiny import LATENT, SHAPE, Images, composed, make_gan, train

SGD = partial(torch.optim.SGD, lr=0.1)
Formula = Callable[[Tensor, Tensor], Tensor]
NAMES = ("generator", "discriminator", "encoder")


def make(loss: Loss) -> GAN:
    torch.manual_seed(0)
    body = partial(mlp.Discriminator, widths=[6], init_std=None)
    return make_gan(
        BiGAN,
        loss=loss,
        encoder=mlp.Encoder(SHAPE, LATENT, [8], False, None),
        generator=mlp.Generator(LATENT, SHAPE, [8], False, "tanh", None),
        discriminator=Joint(body, SHAPE, LATENT),
        optimizer=dict.fromkeys(NAMES, SGD),
        schedule=dict.fromkeys(NAMES),
    )


def paper_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    return (softplus(-real) + softplus(fake)).mean()


def paper_generator(real: Tensor, fake: Tensor) -> Tensor:
    return (softplus(real) + softplus(-fake)).mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake - real).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(real - fake).mean()


@pytest.mark.parametrize(
    ("loss", "of_discriminator", "of_generator"),
    [
        # Donahue et al. 2017, appendix A: D on both kinds of pairs, then G and E on one loss.
        (NonSaturating(), paper_discriminator, paper_generator),
        # Both kinds of pairs in one value, once.
        (Relativistic(), relativistic_discriminator, relativistic_generator),
    ],
)
def test_one_iteration_is_that_by_hand(
    tmp_path: Path, loss: Loss, of_discriminator: Formula, of_generator: Formula
) -> None:
    gan, by_hand = make(loss), make(loss)
    train(tmp_path, gan, max_steps=1, data=Images())
    data = Images()
    data.setup()
    images, _ = next(iter(data.train_dataloader()))
    x = images / 255 * 2 - 1
    torch.manual_seed(derive_seed(0, 0, 0))
    g, d, e = (by_hand.networks[name] for name in NAMES)

    def step(loss: Tensor, *networks: torch.nn.Module) -> None:
        parameters = [p for network in networks for p in network.parameters()]
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= 0.1 * gradient

    z = torch.randn(len(x), LATENT)
    step(of_discriminator(d(join(x, e(x))), d(join(g(z), z))), d)
    z = torch.randn(len(x), LATENT)
    step(of_generator(d(join(x, e(x))), d(join(g(z), z))), g, e)
    for name in NAMES:
        trained, expected = (
            dict(each.networks[name].named_parameters()) for each in (gan, by_hand)
        )
        torch.testing.assert_close(trained, expected, rtol=1e-4, atol=1e-6)


TINY = [
    *("experiment=bigan", "data.shape=[1,4,4]", "model.latent_dim=16", "generator.widths=[8]"),
    *("discriminator.body.widths=[8]", "model.encoder.widths=[8]"),
]


def told(*overrides: str) -> str:
    """What the dry run says of a BiGAN; nothing where two updates of it train."""
    config = composed(*TINY, *overrides)
    try:
        check(config, Train)
        dry_run(config)
    except ForgerError as error:
        return str(error)
    train(Path(), build(config), max_steps=2)
    return ""


@pytest.mark.parametrize("term", sorted(path.stem for path in (CONF / "term").glob("*.yaml")))
def test_a_term_trains_or_is_refused_in_a_sentence(term: str) -> None:
    sentence = told("loss=relativistic", f"term={term}")
    assert not sentence or re.search(rf"term\.{term}\b.*: give ", sentence)


def test_what_changes_or_compares_examples_does_not_take_pairs() -> None:
    needs = "needs examples, and BiGAN's discriminator sees pairs of an example and its code: give"
    for path in ("augment.translation", "term.consistency"):
        group, name = path.split(".")
        assert told(f"{group}={name}") == f"model: {path} {needs} ~{path}"


def test_a_discriminator_of_pairs_names_the_model_that_gives_them() -> None:
    sentence = r"examples of \[1, 28, 28\]: joint takes pairs .*, \[794\], which model=bigan gives"
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed("generator=mlp", "discriminator=joint", "model.latent_dim=10"))


def test_samples_are_examples_and_not_pairs() -> None:
    assert make(NonSaturating()).sample(2, seed=0).shape == (2, *SHAPE)
