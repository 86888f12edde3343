"""A trial of the networks on latent vectors of zeros."""

import inspect
from typing import cast

import torch
from torch import Tensor, nn

from forger.config.build import shown
from forger.errors import ForgerError, try_call
from forger.gan import GAN
from forger.latents import sample_prior
from forger.networks.conditional import discriminator_outputs


def shape_of(gan: GAN) -> list[int]:
    """The shape of one example."""
    return list(gan.config["data"]["shape"])


def packed(gan: GAN) -> int:
    """Examples that the discriminator takes for one logit."""
    return cast(int, getattr(gan.discriminator, "pack", 1))


def check_classes(gan: GAN) -> None:
    """Raises ForgerError unless both networks take labels of the same classes, or neither does.

    A discriminator may do without if a term compares its outputs with the labels.
    """
    for name in ("generator", "discriminator"):
        network = getattr(gan, name)
        more = required_arguments(network)[1:]
        if more and getattr(network, "classes", None) is None:
            raise ForgerError(
                f"{name} takes {more[0]} as well, but has no classes, so it gets no labels: set"
                f" self.classes in {type(network).__name__} to their number"
            )
    others = getattr(gan.discriminator, "classes", None)
    if gan.classes != others and not (gan.classes and others is None and gan.term):
        raise ForgerError(
            f"generator has classes={gan.classes} and discriminator classes={others}: give"
            " generator=conditional with discriminator=conditional or projection"
        )


def required_arguments(network: nn.Module) -> list[str]:
    """The names of what a network's `forward` must be given."""
    parameters = inspect.signature(network.forward).parameters.values()
    return [
        p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]


def check_parameters(gan: GAN) -> None:
    """Raises ForgerError for a network without parameters, or that is no network."""
    if not isinstance(gan.networks, dict):
        raise ForgerError("model: networks should be a property, a dict of networks by name")
    for name, network in gan.networks.items():
        if not isinstance(network, nn.Module):
            raise ForgerError(f"model: network {name} is {shown(network)}, not a torch.nn.Module")
        if not any(True for _ in network.parameters()):
            raise ForgerError(f"{name} has no parameters, so nothing is trained: give it some")


def check_prior(gan: GAN) -> None:
    """Raises ForgerError for a prior of one's own that gives something else than latent vectors."""
    if isinstance(gan.prior, str):
        return
    # Another number than that of coordinates, so that a transposed matrix is seen.
    count, device = 3 if gan.latent_dim == 2 else 2, torch.device("cpu")
    seeded = [torch.Generator().manual_seed(0) for _ in range(2)]
    z, *again = (
        try_call(sample_prior, "model.prior", gan.prior, count, gan.latent_dim, device, generator)
        for generator in (None, *seeded)
    )
    wanted = (count, gan.latent_dim)
    if not isinstance(z, Tensor) or z.shape != wanted or z.dtype != torch.float32:
        raise ForgerError(
            f"model.prior returns {shown(z)} for {count} latent vectors: it must return"
            f" {list(wanted)} of torch.float32"
        )
    if not torch.equal(*(z.nan_to_num() for z in again)):
        raise ForgerError(
            "model.prior draws without its generator: give it to each draw, so that samples of a"
            " seed are always the same"
        )


def try_networks(gan: GAN, seen: list[int], count: int) -> tuple[Tensor, Tensor]:
    """Examples of so many latent vectors, and their logits, on the device of the networks.

    seen: the shape of an example as the discriminator sees it, augmented.
    """
    latent, shape = gan.latent_dim, shape_of(gan)
    with next(gan.parameters()).device:
        # Meta tensors have shapes and no memory, so nothing is computed.
        labels = torch.zeros(count, dtype=torch.int64)
        label = () if gan.classes is None else (labels,)
        z = torch.zeros(count, latent)
        what = f"generator does not take latent vectors of [{latent}]"
        fake = try_call(gan.generator, what, z, *label)  # (count, *shape)
        whole = isinstance(fake, Tensor) and fake.shape[:1] == (count,)
        if not whole or fake.dtype != torch.float32:
            raise ForgerError(
                f"generator returns {shown(fake)} for {count} latent vectors: it must return as"
                " many examples, of torch.float32"
            )
        if list(fake.shape[1:]) != shape:
            raise ForgerError(
                f"generator returns examples of shape {list(fake.shape[1:])}, but data.shape is"
                f" {shape}: give a generator of that shape"
            )
        if not gan.augment:
            # A model may show the discriminator more than the example alone.
            seen = list(gan.fake(z, labels).shape[1:])
        x = torch.zeros(len(fake), *seen, requires_grad=True)
        pairs = not gan.augment and seen != shape
        of = f"what {type(gan).__name__} gives it," if pairs else "examples of"
        what = f"discriminator does not take {of} {seen}"
        outputs = try_call(outputs_of, what, gan, x, labels)
        if "logits" not in outputs:
            found = ", ".join(map(str, outputs)) or "nothing"
            raise ForgerError(f"discriminator returns a dict of {found}: it must have logits in it")
        return fake, outputs["logits"]


def outputs_of(gan: GAN, x: Tensor, label: Tensor) -> dict[str, Tensor]:
    """What the discriminator gives for examples x, augmented already: of a dry run."""
    try:
        return discriminator_outputs(gan.discriminator, x, label)
    except Exception:
        # A model of one's own may give it more than examples, such as how noisy they are.
        if type(gan).outputs is GAN.outputs:
            raise
        return gan.outputs(x, label)


def check_logits(logits: object) -> None:
    """Raises ForgerError unless these are the logits of two examples, or of two packs of them."""
    if not isinstance(logits, Tensor) or logits.shape != (2,):
        raise ForgerError(
            f"discriminator returns {shown(logits)} for two examples: it must return [2], a"
            " logit for each, as .squeeze(1) makes of [2, 1]"
        )


def check_gradients(gan: GAN, fake: Tensor, logits: Tensor) -> None:
    """Raises ForgerError for a network whose output has no gradient."""
    learns = any(p.requires_grad for p in gan.generator.parameters())
    for name, result, needed in (("generator", fake, learns), ("discriminator", logits, True)):
        if needed and not result.requires_grad:
            raise ForgerError(
                f"{name} gives no gradient and learns nothing: remove what detaches its output"
            )
