from functools import partial
from pathlib import Path

import torch
from torch.nn.functional import softplus

from forger.gan import GAN
from forger.models.bigan import BiGAN
from forger.networks import mlp
from forger.networks.joint import Joint, join
from forger.seeds import derive_seed
from tiny import LATENT, SHAPE, Images, make_gan, train

SGD = partial(torch.optim.SGD, lr=0.1)
NAMES = ("generator", "discriminator", "encoder")


def make() -> GAN:
    torch.manual_seed(0)
    body = partial(mlp.Discriminator, widths=[6], init_std=None)
    return make_gan(
        BiGAN,
        encoder=mlp.Encoder(SHAPE, LATENT, [8], False, None),
        generator=mlp.Generator(LATENT, SHAPE, [8], False, "tanh", None),
        discriminator=Joint(body, SHAPE, LATENT),
        optimizer=dict.fromkeys(NAMES, SGD),
        schedule=dict.fromkeys(NAMES),
    )


def test_one_iteration_is_that_of_the_paper(tmp_path: Path) -> None:
    """Donahue et al. 2017, appendix A: D on both kinds of pairs, then G and E on one loss."""
    gan, by_hand = make(), make()
    train(tmp_path, gan, max_steps=1, data=Images())
    data = Images()
    data.setup()
    images, _ = next(iter(data.train_dataloader()))
    x = images / 255 * 2 - 1
    torch.manual_seed(derive_seed(0, 0, 0))
    g, d, e = (by_hand.networks[name] for name in NAMES)

    def step(loss: torch.Tensor, *networks: torch.nn.Module) -> None:
        parameters = [p for network in networks for p in network.parameters()]
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= 0.1 * gradient

    z = torch.randn(len(x), LATENT)
    step((softplus(-d(join(x, e(x)))) + softplus(d(join(g(z), z)))).mean(), d)
    z = torch.randn(len(x), LATENT)
    step((softplus(d(join(x, e(x)))) + softplus(-d(join(g(z), z)))).mean(), g, e)
    for name in NAMES:
        trained, expected = (
            dict(each.networks[name].named_parameters()) for each in (gan, by_hand)
        )
        torch.testing.assert_close(trained, expected, rtol=1e-4, atol=1e-6)


def test_samples_are_examples_and_not_pairs() -> None:
    assert make().sample(2, seed=0).shape == (2, *SHAPE)
