"""Terms that are refused before a run: without a head, or with parameters that nothing trains."""

import pytest
import torch
from torch import Tensor, nn

from forger.config.schema import check
from forger.config.settings import Train
from forger.dry_run.update import dry_run
from forger.errors import ForgerError
from forger.losses import NonSaturating
from forger.terms.protocol import Update
from tiny import composed


@pytest.mark.parametrize("experiment", ["infogan", "acgan"])
def test_experiments_with_heads_fit_together(experiment: str) -> None:
    config = composed(f"experiment={experiment}")
    check(config, Train)
    dry_run(config)


@pytest.mark.parametrize(
    ("heads", "sentence"),
    [
        ([], r"discriminator gives logits, features: give .*heads\.embedding=SIZE"),
        (["+discriminator.heads.embedding=3"], "does not work with .* output embedding"),
    ],
)
def test_a_head_that_is_not_there_or_of_another_size_is_named(
    heads: list[str], sentence: str
) -> None:
    pair = ["generator=conditional", "discriminator=heads"]
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(*pair, *heads, "term=contrastive"))


class Untrained(nn.Module):
    """A term with a parameter, and no network whose optimizer trains it."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def generator(self, update: Update) -> Tensor:
        return self.scale


class Hidden:
    """A term that keeps a layer and is no module, so that nobody sees its parameters."""

    def __init__(self, learns: bool = True) -> None:
        # The name of the setting by which Forger's own terms choose an output of D.
        self.head = nn.Linear(1, 1).requires_grad_(learns)

    def discriminator(self, update: Update) -> Tensor:
        return self.head(update.fake_outputs["logits"].unsqueeze(1)).mean()


class Misnamed:
    """A term that reads what no update has; or what is its own, and there once a run begins."""

    def __init__(self, own: bool) -> None:
        self.own = own

    def generator(self, update: Update) -> Tensor:
        return (self.data if self.own else update.images).mean()  # pyright: ignore


class Careless(nn.Module):
    """A term that asks for a value, and forgets the mean."""

    def generator(self, update: Update) -> Tensor:
        assert update.fake.mean() < 10
        return update.fake


class LearnedLoss(NonSaturating, Untrained):
    """A loss with a parameter."""


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("+term.mine._target_=dry_run.test_terms.Untrained", "and its trained_by is None"),
        ("+term.mine._target_=dry_run.test_terms.Hidden", "make it a child of nn.Module"),
        ("loss._target_=dry_run.test_terms.LearnedLoss", "make a term of them"),
    ],
)
def test_parameters_that_no_optimizer_trains_are_refused(part: str, sentence: str) -> None:
    with pytest.raises(ForgerError, match=rf"^(term\.mine|loss) has parameters.* {sentence}"):
        dry_run(composed(part))


def test_a_layer_of_ones_own_that_is_frozen_may_be_called_head() -> None:
    dry_run(composed("+term.mine={_target_: dry_run.test_terms.Hidden, learns: false}"))


def test_a_name_that_no_update_has_is_told_with_its_line() -> None:
    term = "+term.mine={_target_: dry_run.test_terms.Misnamed, own: "
    sentence = r"^term\.mine: 'Update' object has no attribute 'images' \(test_terms\.py, line \d+"
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed(term + "false}"))
    dry_run(composed(term + "true}"))


def test_a_term_that_asks_for_values_is_tried_with_some() -> None:
    with pytest.raises(ForgerError, match=r"^term\.mine\.generator returns \[2, 2\]: "):
        dry_run(composed("experiment=ring", "+term.mine._target_=dry_run.test_terms.Careless"))


def test_an_augmentation_of_a_term_that_takes_no_points_is_named() -> None:
    sentence = r"^term\.consistency\.augment\.translation does not take examples of \[2\]"
    with pytest.raises(ForgerError, match=sentence):
        dry_run(composed("experiment=ring", "+term=consistency"))
    dry_run(composed("term=consistency"))
