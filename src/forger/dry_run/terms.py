"""A trial of terms on an update of zeros, or of no numbers at all, before a run has data."""

import torch
from torch import Tensor, nn

from forger.config.meta import asks_for_values
from forger.dry_run.loss import check_mean
from forger.dry_run.networks import outputs_of
from forger.errors import ForgerError, reason, try_call
from forger.gan import GAN
from forger.terms.protocol import Term, Update


def check_terms(gan: GAN, fake: Tensor) -> None:
    """Raises ForgerError for a term with parameters that no optimizer trains, or without its head.

    It does so for one that reads an output that the discriminator does not have, too.
    fake: generated examples (m, *shape).
    """
    if not gan.term:
        return
    update = stand_in(gan, fake)
    for name, term in gan.term.items():
        if not any(hasattr(term, network) for network in ("discriminator", "generator")):
            raise ForgerError(
                f"term.{name} is a {type(term).__name__}, which adds nothing: give it a method"
                " discriminator(update) or generator(update)"
            )
        # One of the user's own may call a layer so.
        if isinstance(getattr(term, "head", None), str):
            try_head(name, term, update)
        try_settings(name, term, update)
        trained_by = getattr(term, "trained_by", None)
        learns = isinstance(term, nn.Module) and any(p.requires_grad for p in term.parameters())
        if learns and trained_by not in gan.networks:
            raise ForgerError(
                f"term.{name} has parameters, and its trained_by is {trained_by}: set it in"
                f" {type(term).__name__} to the network whose optimizer trains them, one of"
                f" {', '.join(gan.networks)}"
            )


def try_head(name: str, term: Term, update: Update) -> None:
    """Raises ForgerError if the discriminator lacks the head of a term, or it has another size."""
    outputs = update.fake_outputs
    if term.head not in outputs:
        raise ForgerError(
            f"term.{name}.head is {term.head}, but discriminator gives {', '.join(outputs)}:"
            f" give discriminator=heads +discriminator.heads.{term.head}=SIZE"
        )
    what = f"term.{name} does not work with discriminator's output {term.head}"
    with update.fake.device:
        try_call(term.discriminator, what, update)


def stand_in(gan: GAN, fake: Tensor) -> Update:
    """An update on the device of the networks, whose real examples are generated (m, *shape)."""
    with fake.device:
        label = torch.zeros(len(fake), dtype=torch.int64)
        z = torch.zeros(len(fake), gan.latent_dim)
        # What the discriminator sees: examples, or a model's pairs of them and their codes.
        fake = gan.fake(z, label)
        outputs = Outputs(outputs_of(gan, fake, label))
    return Update(gan, z, label, fake, fake, outputs, outputs)


class NoOutputError(KeyError):
    """The discriminator has no output of this name."""


class Outputs(dict[str, Tensor]):
    """A discriminator's outputs, which tell one that is not there from other missing keys."""

    def __missing__(self, name: str) -> Tensor:
        raise NoOutputError(name)


def try_settings(name: str, term: Term, update: Update) -> None:
    """Let a term refuse settings that it does not work with, before the run trains.

    Raises ForgerError if it does, and if it reads an output that the discriminator does not have.

    Other errors are no faults of it: a term may need the data. One that asks for values is raised,
    as `dry_run` wants it.
    """
    for network in ("discriminator", "generator"):
        with update.fake.device:
            if not hasattr(term, network):
                continue
            try:
                value = getattr(term, network)(update)
            except ForgerError:
                raise
            except NoOutputError as error:
                lacking, outputs = error.args[0], ", ".join(update.fake_outputs)
                head = "" if lacking == "features" else f" +discriminator.heads.{lacking}=SIZE"
                raise ForgerError(
                    f"term.{name} reads {lacking}, but discriminator gives {outputs}: give"
                    f" discriminator=heads{head}"
                ) from error
            except (AttributeError, NameError) as error:
                # A name that is wrong in any update, not one of a run that has begun.
                if isinstance(error, AttributeError) and not isinstance(error.obj, Update):
                    continue
                raise ForgerError(f"term.{name}: {reason(error)}") from error
            except Exception as error:
                if asks_for_values(error):
                    raise ForgerError(f"term.{name}: {reason(error)}") from error
                continue
            check_mean(f"term.{name}.{network}", value)
