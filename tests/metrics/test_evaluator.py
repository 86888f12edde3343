import json

import pytest
import torch
from torch import nn

from forger.errors import ForgerError
from forger.metrics.evaluator import Evaluator, find, load, save
from forger.metrics.fit_evaluator import fit_evaluator


@pytest.fixture(scope="module")
def corners():
    """A task with two classes: a bright patch on the left or on the right."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(60, (400, 1, 12, 12), generator=generator, dtype=torch.uint8)
    labels = torch.randint(2, (400,), generator=generator)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, 4 : 4 + 2 * label + 2, 4:8] += 150
    return images, labels


def fit(corners, **settings):
    images, labels = corners
    options = {"classes": 2, "epochs": 4, "batch_size": 32} | settings
    return fit_evaluator(images[:300], labels[:300], images[300:], labels[300:], **options)


def test_learns_and_reports_the_accuracy_of_its_final_weights(corners):
    evaluator, accuracy = fit(corners)
    images, labels = corners
    found = (evaluator(images[300:]).argmax(1) == labels[300:]).double().mean().item()
    assert accuracy == found > 0.9


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before(corners):
    first, _ = fit(corners, epochs=1, seed=3)
    torch.rand(7)
    second, _ = fit(corners, epochs=1, seed=3)
    other, _ = fit(corners, epochs=1, seed=4)
    assert all(a.equal(b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not other.head.weight.equal(first.head.weight)


def test_fitting_leaves_the_random_state_alone(corners):
    before = torch.get_rng_state()
    fit(corners, epochs=1)
    assert torch.get_rng_state().equal(before)


def test_frozen_and_in_evaluation_mode_inside_any_parent(corners):
    for evaluator in (Evaluator(), fit(corners, epochs=1)[0]):
        nn.Sequential(evaluator).train()
        assert not any(m.training for m in evaluator.modules())
        assert not any(p.requires_grad for p in evaluator.parameters())


def test_logits_are_those_of_the_features(evaluator, strokes):
    images = strokes(5, 0)
    features = evaluator.features(images)
    assert features.shape == (5, evaluator.num_features)
    assert evaluator(images).equal(evaluator.head(features))


def test_floats_from_0_to_1_are_the_same_images(evaluator, strokes):
    images = strokes(5, 0)
    assert evaluator.features(images / 255).equal(evaluator.features(images))


@pytest.mark.parametrize(
    "images", [torch.rand(2, 1, 28, 28).double(), torch.zeros(2, 3, 28, 28, dtype=torch.uint8)]
)
def test_refuses_other_images(images):
    with pytest.raises(ForgerError, match=r"uint8 or float32 .*\(1, 28, 28\).* got torch"):
        Evaluator().features(images)


def test_comes_back_as_it_was_saved(corners, tmp_path):
    evaluator, _ = fit(corners, epochs=1)
    path = tmp_path / "new" / "corners.safetensors"
    save(evaluator, path, {"accuracy": "0.9"})
    loaded = load(path)
    # Its layers are fewer, see `folded`: last bits differ.
    assert len(loaded.body) < len(evaluator.body)
    features = (network.features(corners[0]) for network in (loaded, evaluator))
    torch.testing.assert_close(*features, rtol=1e-5, atol=1e-5)
    assert loaded.sha256 == evaluator.sha256 != ""
    assert loaded.classes == 2
    assert json.loads(path.with_suffix(".json").read_text())["accuracy"] == "0.9"
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "corners.json",
        "corners.safetensors",
    ]


def test_equal_weights_have_an_equal_checksum(corners, tmp_path):
    for name in ("a", "b"):
        evaluator, _ = fit(corners, epochs=1)
        save(evaluator, tmp_path / f"{name}.safetensors", {"name": name})
    first, second = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("a", "b"))
    assert first == second


def test_refuses_changed_weights(tmp_path):
    path = tmp_path / "e.safetensors"
    evaluator = Evaluator()
    save(evaluator, path, {})
    weights = bytearray(path.read_bytes())
    weights[-1] ^= 1
    path.write_bytes(weights)
    with pytest.raises(
        ForgerError, match=rf"e\.safetensors .*{evaluator.sha256}.* but is [0-9a-f]{{64}}"
    ):
        load(path)


def test_says_which_file_is_missing(tmp_path):
    with pytest.raises(ForgerError, match=r"e\.safetensors.*train-evaluator"):
        load(tmp_path / "e.safetensors")
    save(Evaluator(), tmp_path / "e.safetensors", {})
    (tmp_path / "e.json").unlink()
    with pytest.raises(ForgerError, match=r"e\.json"):
        load(tmp_path / "e.safetensors")


def test_found_with_forger_or_where_the_user_keeps_it(shipped, tmp_path):
    assert find("mnist", tmp_path) == shipped
    assert find("mine", tmp_path) == tmp_path / "evaluators" / "mine.safetensors"


def test_shipped_evaluator_is_accurate_and_small(shipped, evaluator):
    about = json.loads(shipped.with_suffix(".json").read_text())
    assert float(about["accuracy"]) >= 0.994
    assert evaluator.sha256 == about["sha256"]
    assert sum(p.numel() for p in evaluator.parameters()) < 50_000
