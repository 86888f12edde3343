import pytest
import torch

from forger.networks.transformer import Block, Discriminator, Generator
from forger.penalties import R1

SHAPES = [[1, 28, 28], [3, 28, 20], [1, 32, 64], [5, 8, 4]]


@pytest.mark.parametrize("shape", SHAPES)
def test_latent_vectors_become_images_and_images_one_logit_each(shape: list[int]) -> None:
    images = Generator(7, shape, 4, 8, 1, 2)(torch.randn(3, 7))
    assert list(images.shape) == [3, *shape]
    assert images.abs().max() <= 1
    discriminator = Discriminator(shape, 4, 8, 1, 2)
    torch.testing.assert_close(discriminator(images)[:1], discriminator(images[:1]))
    assert discriminator(images).shape == (3,)


def test_a_block_attends_as_torchs_own_encoder_does() -> None:
    block = Block(8, 2)
    torchs = torch.nn.TransformerEncoderLayer(
        8, 2, 32, dropout=0, activation="gelu", batch_first=True, norm_first=True
    )
    names = {
        "self_attn.in_proj_weight": "query_key_value.weight",
        "self_attn.in_proj_bias": "query_key_value.bias",
        "self_attn.out_proj.weight": "out.weight",
        "self_attn.out_proj.bias": "out.bias",
        "linear1.weight": "perceptron.0.weight",
        "linear1.bias": "perceptron.0.bias",
        "linear2.weight": "perceptron.2.weight",
        "linear2.bias": "perceptron.2.bias",
        "norm1.weight": "first.weight",
        "norm1.bias": "first.bias",
        "norm2.weight": "second.weight",
        "norm2.bias": "second.bias",
    }
    state = block.state_dict()
    torchs.load_state_dict({theirs: state[ours] for theirs, ours in names.items()})
    x = torch.randn(3, 5, 8)
    torch.testing.assert_close(block(x), torchs(x))


def test_patches_lie_where_their_tokens_do() -> None:
    # A picture that changes within one patch changes that token alone.
    discriminator = Discriminator([1, 8, 12], 4, 8, 1, 2)
    x = torch.zeros(1, 1, 8, 12)
    before = discriminator.tokens(x)
    x[..., 5, 9] = 1
    changed = (discriminator.tokens(x) != before).any(1).nonzero().tolist()
    assert changed == [[0, 1, 2]]
    generator = Generator(3, [1, 8, 12], 4, 8, 1, 2)
    pixels = torch.zeros(1, 16, 6)
    pixels[..., 5] = 1  # the token of row 1, column 2
    image = generator.image(pixels)
    assert (image[0, 0, 4:, 8:] > 0.7).all()
    assert image.count_nonzero() == 16


def test_every_weight_learns_and_so_it_does_from_a_penalty() -> None:
    generator, discriminator = (
        Generator(7, [1, 8, 8], 4, 8, 2, 2),
        Discriminator([1, 8, 8], 4, 8, 2, 2),
    )
    images = generator(torch.randn(8, 7))
    loss = discriminator(images).square().sum() + R1(1.0, 1)(discriminator, images.detach(), images)
    loss.backward()
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().max() > 0, name


@pytest.mark.parametrize(
    ("shape", "patch", "heads", "sentence"),
    [([1, 28, 30], 4, 2, "multiples of patch"), ([1, 8, 8], 4, 3, "multiple of heads")],
)
def test_what_does_not_come_out_even_is_refused(
    shape: list[int], patch: int, heads: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Generator(7, shape, patch, 8, 1, heads)
    with pytest.raises(ValueError, match=sentence):
        Discriminator(shape, patch, 8, 1, heads)
