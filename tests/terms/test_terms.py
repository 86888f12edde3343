"""Terms by hand: what they add, where it is seen, and that it is in the checkpoint."""

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from forger.callbacks.checkpoint import Checkpoint
from forger.callbacks.curves import Curves
from forger.config.dry_run import dry_run
from forger.config.schema import check
from forger.config.settings import Train
from forger.errors import ForgerError
from forger.gan import GAN
from forger.latents import Codes
from forger.losses import NonSaturating
from forger.networks.heads import Heads
from forger.terms.approximate_gradient import ApproximateR1, ApproximateR2
from forger.terms.classification import Classification
from forger.terms.consistency import Consistency
from forger.terms.contrastive import Contrastive
from forger.terms.feature_matching import FeatureMatching
from forger.terms.information_maximization import InformationMaximization
from forger.terms.lecam import LeCam
from forger.terms.logit_centring import LogitCentring
from forger.terms.mode_seeking import ModeSeeking
from forger.terms.mutual_information import MutualInformation
from forger.terms.path_length import PathLength
from forger.terms.protocol import Update
from forger.terms.spectral import SpectralRegularization, largest_singular_value
from forger.terms.transport import Transport
from tiny import LATENT, Images, composed, make_gan, networks, same, train


def update(**given: Any) -> Update:
    """What a term sees of an update, of which it looks at these parts alone."""
    gan = SimpleNamespace(classes=None, global_step=given.pop("step", 0), **given.pop("gan", {}))
    empty = torch.zeros(4, 1)
    parts = {"z": empty, "label": torch.zeros(4, dtype=torch.int64), "real": empty, "fake": empty}
    outputs: dict[str, Any] = {"real_outputs": {}, "fake_outputs": {}}
    return Update(gan, **(parts | outputs | given))  # pyright: ignore


class Constant:
    """Adds numbers that a test can find again, and one times a weight of the generator."""

    def discriminator(self, update: Update) -> Tensor:
        return torch.tensor(3.0)

    def generator(self, update: Update) -> Tensor:
        return 5 * next(update.gan.generator.parameters()).sum()


def test_a_term_is_added_to_both_objectives_and_is_a_curve(tmp_path: Path) -> None:
    gan, without = make_gan(term={"constant": Constant()}), make_gan()
    before = next(gan.generator.parameters()).clone()
    trainer = train(tmp_path, gan, 1, [Curves(1)])
    train(tmp_path, without, 1)
    torch.testing.assert_close(
        gan.last["loss/discriminator"], without.last["loss/discriminator"] + 3
    )
    values = trainer.callback_metrics
    assert values["term/constant/discriminator"] == 3
    assert values["term/constant/generator"] == pytest.approx(5 * before.sum().item())
    assert not same(gan.generator.state_dict(), without.generator.state_dict())


def test_heads_read_the_features_that_the_logit_is_read_from() -> None:
    body = networks()["discriminator"].eval()
    x = torch.rand(4, 1, 4, 4)
    expected = body(x)
    outputs = Heads(body, {"codes": 5})(x)
    assert torch.equal(outputs["logits"], expected)
    assert outputs["codes"].shape == (4, 5)
    assert outputs["features"].shape[0] == 4


def test_mutual_information_is_lowest_where_the_codes_are_read_right() -> None:
    codes = torch.eye(3)[[0, 1, 2, 0]]
    z = torch.cat([codes, torch.tensor([[0.5], [-0.5], [0.0], [1.0]]), torch.randn(4, 6)], 1)
    term = MutualInformation([3], 1, "codes", 2.0, 0.5, categorical_from_fake=True)
    right = update(z=z, fake_outputs={"codes": torch.cat([50 * codes, z[:, 3:4]], 1)})
    assert term.generator(right) == pytest.approx(0, abs=1e-6)
    blind = update(z=z, fake_outputs={"codes": torch.zeros(4, 4)})
    expected = 2 * torch.tensor(3.0).log() + 0.5 * z[:, 3].square().mean()
    torch.testing.assert_close(term.discriminator(blind), expected)
    term = MutualInformation([3], 1, "codes", 2.0, 0.5, categorical_from_fake=False)
    torch.testing.assert_close(term.generator(blind), expected)
    torch.testing.assert_close(term.discriminator(blind), 0.5 * z[:, 3].square().mean())


def test_information_is_highest_where_groups_are_sure_as_frequent_and_stay() -> None:
    sure = torch.cat([50 * torch.eye(3)[[0, 1, 2, 0, 1, 2]], torch.randn(6, 2)], 1)

    def value(read: Tensor, moved: Tensor) -> Tensor:
        def outputs(x: Tensor, label: Tensor) -> dict[str, Tensor]:
            assert torch.equal(x, torch.full((6, 1), 2.0))  # augmented twice
            return {"codes": moved}

        twice = {"one": lambda x: x + 1, "other": lambda x: x + 1}
        term = InformationMaximization("codes", 3, 2.0, 0.1, 4.0, twice)
        given = {"gan": {"outputs": outputs}, "real_outputs": {"codes": read}}
        return term.discriminator(update(real=torch.zeros(6, 1), **given))

    log_3 = torch.tensor(3.0).log()
    torch.testing.assert_close(value(sure, sure), -2 * 0.1 * 4 * log_3)
    blind = torch.zeros(6, 5)
    torch.testing.assert_close(value(blind, blind), -2 * 0.1 * (4 * log_3 - log_3))
    # KL(p | q) for p = (0.5, 0.25, 0.25) and q uniform, beside what the entropies weigh.
    p = torch.tensor([0.5, 0.25, 0.25])
    mean = (p + 1 / 3) / 2
    h, h_mean = -(p * p.log()).sum(), -(mean * mean.log()).sum()
    expected = 2 * ((p * (3 * p).log()).sum() - 0.1 * (4 * h_mean - h))
    read = torch.cat([p.log(), torch.zeros(2)]).expand(6, 5)
    torch.testing.assert_close(value(read, blind), expected)


def test_classification_is_the_cross_entropy_of_both_kinds() -> None:
    label = torch.tensor([0, 1, 1, 0])
    certain = 50 * torch.eye(2)[label]
    seen = update(
        label=label, real_outputs={"classes": certain}, fake_outputs={"classes": torch.zeros(4, 2)}
    )
    term = Classification(weight=3.0, head="classes")
    torch.testing.assert_close(term.discriminator(seen), 3 * torch.tensor(2.0).log())
    torch.testing.assert_close(term.generator(seen), 3 * torch.tensor(2.0).log())


def test_feature_matching_compares_means() -> None:
    real, fake = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[0.0, 3.0], [2.0, 3.0]])
    seen = update(real_outputs={"features": real}, fake_outputs={"features": fake})
    assert FeatureMatching(weight=2.0).generator(seen) == 2 * 0.5


def test_mode_seeking_is_the_inverse_of_the_slope_of_a_linear_generator() -> None:
    z = torch.randn(6, 2)
    assert ModeSeeking(1.0).generator(update(z=z, fake=4 * z)) == pytest.approx(0.25, rel=1e-4)


def test_the_path_length_of_a_linear_generator_is_its_factor_times_the_length_of_y() -> None:
    gan = {"fake": lambda z, label: (3 * z).view(-1, 1, 1, 2)}
    term, z = PathLength(weight=2.0, decay=0.5), torch.randn(4, 2)
    torch.manual_seed(1)
    value = term.generator(update(z=z, gan=gan))
    torch.manual_seed(1)
    lengths = 3 * (torch.randn(4, 1, 1, 2) / 2**0.5).flatten(1).norm(dim=1)
    torch.testing.assert_close(term.mean, lengths.mean() / 2)
    torch.testing.assert_close(value, 2 * (lengths - lengths.mean() / 2).square().mean())


def test_lecam_remembers_the_logits_of_the_other_kind() -> None:
    term = LeCam(weight=1.0, decay=0.5)
    logits = {"real_outputs": {"logits": torch.ones(4)}, "fake_outputs": {"logits": -torch.ones(4)}}
    # Averages are 0.5 and -0.5 by then: (1 + 0.5)^2 + (-1 - 0.5)^2.
    assert term.discriminator(update(**logits)) == pytest.approx(4.5)
    assert term.averages.tolist() == [0.5, -0.5]


def test_logit_centring_is_the_squared_mean() -> None:
    seen = update(
        real_outputs={"logits": torch.tensor([1.0, 3.0])},
        fake_outputs={"logits": torch.tensor([-1.0, 1.0])},
    )
    assert LogitCentring(2.0).discriminator(seen) == 2


def test_spectral_regularization_is_of_the_largest_singular_value_of_each_layer() -> None:
    convolution, linear = nn.Conv2d(2, 5, 3), nn.Linear(20, 3)
    discriminator = nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), linear)
    weights = [convolution.weight, linear.weight]
    largest = [torch.linalg.svdvals(weight.flatten(1))[0] for weight in weights]
    expected = 3 / 2 * torch.stack(largest).square().sum()
    term = SpectralRegularization(weight=3.0, iterations=1000)
    found = term.discriminator(update(gan={"discriminator": discriminator}))
    torch.testing.assert_close(found, expected)
    gradients = torch.autograd.grad(found, weights)
    for one, other in zip(gradients, torch.autograd.grad(expected, weights), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)


def test_few_power_iterations_do_not_reach_the_largest_singular_value() -> None:
    weight = torch.diag(torch.tensor([1.0, 0.9, 0.8]))
    few, many = (largest_singular_value(weight, count) for count in (1, 1000))
    assert few < many
    torch.testing.assert_close(many, torch.tensor(1.0))


def test_transport_is_the_squared_distance_and_fades() -> None:
    z = torch.randn(4, 2)
    far = Transport(weight=2.0, updates=10)
    assert far.generator(update(z=z, fake=z + 3)) == pytest.approx(18, rel=1e-5)
    assert far.generator(update(z=z, fake=z + 3, step=5)) == pytest.approx(9, rel=1e-5)
    assert far.generator(update(z=z, fake=z + 3, step=20)) == 0
    with pytest.raises(ForgerError, match=r"give model\.latent_dim=3"):
        far.generator(update(z=z, fake=torch.zeros(4, 3)))


@pytest.mark.parametrize(("kind", "at"), [(ApproximateR1, "real"), (ApproximateR2, "fake")])
def test_the_approximate_penalty_is_the_exact_one_for_a_linear_discriminator(
    kind: type[ApproximateR1], at: str
) -> None:
    slope, x = torch.randn(6), torch.randn(50_000, 6)
    gan = {"augment": {}, "logits": lambda x, label: x @ slope}
    seen = update(gan=gan, **{at: x, f"{at}_outputs": {"logits": x @ slope}})
    value = kind(gamma=2.0, std=0.1).discriminator(seen)
    torch.testing.assert_close(value, slope.square().sum(), rtol=0.03, atol=0)


def test_the_state_of_a_term_is_in_the_checkpoint(tmp_path: Path) -> None:
    def gan() -> Any:
        return make_gan(term={"lecam": LeCam(weight=0.1, decay=0.9)})

    whole, cut, resumed = gan(), gan(), gan()
    train(tmp_path / "whole", whole, 4)
    train(tmp_path, cut, 2, [Checkpoint(2, None, keep_all=False)])
    train(tmp_path, resumed, 4, ckpt=tmp_path / "checkpoints" / "last.ckpt")
    assert "term_lecam.averages" in whole.state_dict()
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))
    # A run may also go on without it.
    train(tmp_path, make_gan(), 4, ckpt=tmp_path / "checkpoints" / "last.ckpt")


@pytest.mark.parametrize("experiment", ["infogan", "acgan"])
def test_experiments_with_heads_fit_together(experiment: str) -> None:
    config = composed(f"experiment={experiment}")
    check(config, Train)
    dry_run(config)


def test_the_network_behind_a_term_learns(tmp_path: Path) -> None:
    pair = networks()
    discriminator = Heads(pair["discriminator"], {"codes": 2})
    gan = make_gan(
        generator=pair["generator"],
        discriminator=discriminator,
        prior=Codes([2], continuous=0, noise="normal"),
        term={"mutual_information": MutualInformation([2], 0, "codes", 1.0, 1.0, True)},
    )
    before = discriminator.heads["codes"].weight.clone()  # pyright: ignore
    train(tmp_path, gan, 2)
    assert isinstance(before, nn.Parameter | Tensor)
    assert not torch.equal(before, discriminator.heads["codes"].weight)  # pyright: ignore
    assert "term/mutual_information/generator" in gan.last
    assert gan.latent_dim == LATENT


def test_consistency_is_the_squared_change_of_logits_by_the_augmentation() -> None:
    seen = update(
        gan={"logits": lambda x, label: x.sum(1)},
        real=torch.ones(4, 1),
        fake=-torch.ones(4, 1),
        real_outputs={"logits": torch.ones(4)},
        fake_outputs={"logits": -torch.ones(4)},
    )
    # 1 becomes 3, and -1 becomes -3: both logits change by 2.
    assert Consistency(1.0, 10.0, {"triple": lambda x: 3 * x}).discriminator(seen) == 4 + 40


def test_contrastive_is_the_cross_entropy_of_the_paper_example_by_example() -> None:
    torch.manual_seed(0)
    term = Contrastive(
        2.0, "embedding", classes=3, size=5, temperature=0.5, positive=0.9, negative=0.1
    )
    label, output = torch.tensor([0, 1, 1, 2, 0, 2]), torch.randn(6, 5)
    points = [row / row.norm() for row in output]
    ways = [row / row.norm() for row in term.directions.weight.detach()]
    expected = 0.0
    for i, c in enumerate(label.tolist()):
        near = (min(float(points[i] @ ways[c]) - 0.9, 0)) / 0.5
        others = [
            math.exp(max(float(points[i] @ points[j]) - 0.1, 0) / 0.5)
            for j in range(6)
            if label[j] != c
        ]
        expected -= math.log(math.exp(near) / (math.exp(near) + sum(others))) / 6
    seen = update(
        label=label, real_outputs={"embedding": output}, fake_outputs={"embedding": -output}
    )
    torch.testing.assert_close(term.discriminator(seen), torch.tensor(2 * expected))
    assert term.generator(seen) != term.discriminator(seen)


def contrastive_gan() -> GAN:
    pair = networks()
    torch.manual_seed(1)
    return make_gan(
        generator=pair["generator"],
        discriminator=Heads(pair["discriminator"], {"embedding": 3}),
        term={"contrastive": Contrastive(1.0, "embedding", 2, 3, 0.5, 0.98, 0.02)},
    )


def test_the_optimizer_of_a_network_trains_the_parameters_of_terms_that_name_it(
    tmp_path: Path,
) -> None:
    whole, cut, resumed = contrastive_gan(), contrastive_gan(), contrastive_gan()
    before = whole.get_parameter("term_contrastive.directions.weight").clone()
    data = Images(classes=2, clusters=2)
    train(tmp_path / "whole", whole, 4, data=data)
    assert not torch.equal(before, whole.get_parameter("term_contrastive.directions.weight"))
    checkpoints = [Checkpoint(2, None, keep_all=False)]
    train(tmp_path, cut, 2, checkpoints, data=Images(classes=2, clusters=2))
    ckpt = tmp_path / "checkpoints" / "last.ckpt"
    train(tmp_path, resumed, 4, data=Images(classes=2, clusters=2), ckpt=ckpt)
    assert same(dict(whole.state_dict()), dict(resumed.state_dict()))


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


class LearnedLoss(NonSaturating, Untrained):
    """A loss with a parameter."""


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("+term.mine._target_=terms.test_terms.Untrained", "and its trained_by is None"),
        ("+term.mine._target_=terms.test_terms.Hidden", "make it a child of nn.Module"),
        ("loss._target_=terms.test_terms.LearnedLoss", "make a term of them"),
    ],
)
def test_parameters_that_no_optimizer_trains_are_refused(part: str, sentence: str) -> None:
    with pytest.raises(ForgerError, match=rf"^(term\.mine|loss) has parameters.* {sentence}"):
        dry_run(composed(part))


def test_a_layer_of_ones_own_that_is_frozen_may_be_called_head() -> None:
    dry_run(composed("+term.mine={_target_: terms.test_terms.Hidden, learns: false}"))
