import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from forger.config.build import build
from forger.config.load import load
from forger.errors import ForgerError
from forger.metrics.frechet import Frechet
from forger.metrics.inception import Inception
from forger.verbs import evaluate
from tiny import composed

SMALL = ["n=60", "repeats=2", "metrics=[frechet,classes,nearest]", "metrics.nearest.limit=10"]


PAIR = ("generator=mlp", "discriminator=mlp", "generator.widths=[8]")


def save(tmp_path: Path, *overrides: str, pair: tuple[str, ...] = PAIR) -> Path:
    """An untrained GAN, as a run would have saved it."""
    gan = build(composed(*pair, *overrides))
    path = tmp_path / "checkpoints" / "last.ckpt"
    path.parent.mkdir(parents=True)
    contents = {"state_dict": gan.state_dict(), "config": gan.config, "global_step": 7}
    torch.save(contents, path)
    return path


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data root of its own for each test: measurements of real images and of noise are kept."""
    monkeypatch.setenv("FORGER_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "evaluations"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return save(tmp_path)


@pytest.fixture
def of_few_images(tmp_path: Path) -> Path:
    """A GAN of a thousand training images, among which the nearest are soon found."""
    return save(tmp_path, "data.validation_size=59000")


def test_metrics_lie_between_real_images_and_noise(
    of_few_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.run(composed(f"ckpt={of_few_images}", *SMALL, verb="evaluate"))
    folder = of_few_images.with_suffix("")
    results = json.loads((folder / "metrics.json").read_text())
    fid = {row: results[row]["fid"] for row in ("real", "noise")}
    assert fid["real"] < results["samples"]["fid"]["mean"]
    assert fid["real"] < fid["noise"]
    assert results["real"]["nearest"] == 0  # they are training images
    assert len(set(results["samples"]["fid"]["values"])) == 2  # each draw has a seed of its own
    assert results["samples"]["fid"]["std"] > 0
    assert (results["n"], results["seed"], results["updates"]) == (60, 0, 7)
    assert len(results["evaluator_sha256"]) == len(results["data_sha256"]) == 64
    with Image.open(folder / "nearest.png") as picture:
        assert picture.size == (16 * 30 + 2, 4 * 30 + 2)
    assert "real images" in capsys.readouterr().out


def test_too_few_samples_are_told_and_nothing_else(
    of_few_images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with pytest.raises(ForgerError, match="at least 2 examples of each kind, got 1 fake"):
        evaluate.run(composed(f"ckpt={of_few_images}", *SMALL, "n=1", verb="evaluate"))
    assert capsys.readouterr().out == ""


def test_the_same_seed_gives_the_same_numbers(
    of_few_images: Path, kept: Path, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        out = f"out={tmp_path / name}"
        evaluate.run(composed(f"ckpt={of_few_images}", out, *SMALL, verb="evaluate"))
        # Of real images and noise as well.
        shutil.rmtree(kept)
    texts = [(tmp_path / name / "metrics.json").read_text() for name in ("a", "b")]
    assert texts[0] == texts[1]


def test_rows_of_real_images_and_noise_are_measured_once(
    checkpoint: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    measured = []
    true_call = Frechet.__call__

    def counted(self, fake, real, **others):
        measured.append(fake)
        return true_call(self, fake, real, **others)

    monkeypatch.setattr(Frechet, "__call__", counted)

    def results(*settings: str) -> str:
        out = tmp_path / "out"
        one = [f"ckpt={checkpoint}", f"out={out}", "metrics=[frechet]", "repeats=1"]
        evaluate.run(composed(*one, *settings, verb="evaluate"))
        return (out / "metrics.json").read_text()

    first = results("n=60")
    assert len(measured) == 3
    assert results("n=60") == first
    assert len(measured) == 4
    # Of another seed or split they are others.
    for settings in (["n=60", "seed=1"], ["n=60", "split=validation"]):
        before = len(measured)
        results(*settings)
        assert len(measured) == before + 3
    # Of other data too: fewer training images.
    before = len(measured)
    other = save(tmp_path / "other", "data.validation_size=59000")
    results("n=60", f"ckpt={other}")
    assert len(measured) == before + 3
    # What is damaged is made anew.
    for file in kept.iterdir():
        file.write_text("{")
    before = len(measured)
    assert results("n=60") == first
    assert len(measured) == before + 3


def test_a_metric_of_other_weights_under_the_same_path_is_measured_again(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights = tmp_path / "weights.pth"
    monkeypatch.setattr(
        Inception, "__call__", lambda *_, **__: {"inception_fid": len(weights.read_bytes())}
    )
    weights_of = f"metrics.inception.weights={weights}"
    few = [f"ckpt={checkpoint}", "metrics=[inception]", weights_of, "n=60", "repeats=1"]
    for length in (1, 2):
        weights.write_bytes(bytes(length))
        evaluate.run(composed(*few, verb="evaluate"))
        results = json.loads((checkpoint.with_suffix("") / "metrics.json").read_text())
        assert [results[row]["inception_fid"] for row in ("real", "noise")] == [length] * 2


def test_images_of_other_programs_get_the_same_table(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["n=60", "repeats=1", "metrics=[frechet,nearest]", "metrics.nearest.limit=10"]
    evaluate.run(composed(f"ckpt={checkpoint}", *few, verb="evaluate"))
    expected = json.loads((checkpoint.with_suffix("") / "metrics.json").read_text())
    np.savez(tmp_path / "theirs.npz", load(checkpoint).sample(60, seed=0).numpy())
    evaluate.run(composed(f"images={tmp_path / 'theirs.npz'}", "data=mnist", *few, verb="evaluate"))
    results = json.loads((tmp_path / "theirs-metrics" / "metrics.json").read_text())
    assert results["samples"]["fid"]["mean"] == pytest.approx(expected["samples"]["fid"]["mean"])
    assert (results["real"], results["noise"]) == (expected["real"], expected["noise"])
    assert results["images"] == str(tmp_path / "theirs.npz")
    assert "real images" in capsys.readouterr().out


def test_results_do_not_become_images_of_the_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for i in range(30):
        (data / str(i % 2)).mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), i).save(data / str(i % 2) / f"{i}.png")
    chosen = ["data=image_folder", f"data.folder={data}", f"data.root={tmp_path}"]
    chosen += ["data.shape=[1,8,8]", "data.batch_size=4", "metrics=[nearest]", "n=5"]
    chosen += [f"images={data / '0'}"]
    with pytest.raises(ForgerError, match="whose images it would join: give out="):
        evaluate.run(composed(*chosen, verb="evaluate"))
    assert {file.name for file in data.iterdir()} == {"0", "1"}
    evaluate.run(composed(*chosen, f"out={tmp_path / 'numbers'}", verb="evaluate"))
    assert (tmp_path / "numbers" / "metrics.json").exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "give ckpt=RUN, or both images=FOLDER"),
        (["ckpt=a", "images=b"], "remove one"),
        (["images=a"], "give data=NAME"),
        (["ckpt=a", "data=mnist"], "remove it, a checkpoint has its run's data"),
        (["images=a", "data=gaussian_1d"], "data are points"),
    ],
)
def test_what_is_measured_must_be_clear(settings: list[str], sentence: str) -> None:
    with pytest.raises(ForgerError, match=sentence):
        evaluate.run(composed(*settings, verb="evaluate"))


def test_results_do_not_go_through_a_link_to_another_folder(
    checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    checkpoint.with_suffix("").symlink_to(tmp_path / "mine")
    sentence = f"is a link to {tmp_path / 'mine'}: give out=FOLDER"
    with pytest.raises(ForgerError, match=sentence):
        evaluate.run(composed(f"ckpt={checkpoint}", *SMALL, verb="evaluate"))
    assert not any((tmp_path / "mine").iterdir())


def test_a_missing_evaluator_is_told_with_the_remedy_where_a_metric_needs_it(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("forger.metrics.evaluator.SHIPPED", tmp_path)
    few = (f"ckpt={checkpoint}", f"out={tmp_path}", "n=20", "repeats=1")
    with pytest.raises(ForgerError, match="forger train-evaluator"):
        evaluate.run(composed(*few, "metrics=[frechet,nearest]", verb="evaluate"))
    of_pixels = evaluate.run(composed(*few, "metrics=[nearest,parzen]", verb="evaluate"))
    assert {"nearest", "parzen"} <= of_pixels["samples"].keys()


def test_points_are_measured_by_the_metrics_of_their_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checkpoint = save(tmp_path, "experiment=ring", "data.size=3000", "seed=1")
    evaluate.run(composed(f"ckpt={checkpoint}", "n=2500", "repeats=1", verb="evaluate"))
    folder = checkpoint.with_suffix("")
    results = json.loads((folder / "metrics.json").read_text())
    assert results["evaluator_sha256"] is None
    assert results["real"].keys() == results["samples"].keys()
    assert results["real"]["modes"] == 8
    assert results["real"]["high_quality"] == pytest.approx(0.989, abs=0.01)
    assert results["real"]["spread"] == pytest.approx(1, abs=0.05)
    # Eight discs of radius 0.03 in the box around the ring, a little larger than 2 x 2.
    assert 0 < results["noise"]["high_quality"] < 0.02
    assert results["real"]["fid"] < results["noise"]["fid"]
    with Image.open(folder / "points.png") as picture:
        assert max(picture.size) == 600
    assert not (folder / "nearest.png").exists()
    told = capsys.readouterr().out
    assert "real points" in told
    assert "picture  checkpoints/last/points.png, " in told

    few = (f"ckpt={checkpoint}", "n=200", "repeats=1")
    path = evaluate.run(composed(*few, "+metrics=perceptual_path_length", verb="evaluate"))
    assert path["samples"].keys() == results["samples"].keys() | {"ppl"}
    only = evaluate.run(composed(*few, "metrics=[frechet]", verb="evaluate"))
    assert only["samples"].keys() == {"fid"}
    # Its centres are settings of the run's data.
    centred = evaluate.run(composed(*few, "metrics=[mixture]", verb="evaluate"))
    assert centred["real"]["modes"] == 8


def test_data_without_validation_images_are_refused(tmp_path: Path) -> None:
    checkpoint = save(tmp_path, "data.validation_size=0")
    with pytest.raises(ForgerError, match="without validation examples"):
        evaluate.run(composed(f"ckpt={checkpoint}", *SMALL, verb="evaluate"))


def test_images_without_an_evaluator_have_no_features(tmp_path: Path) -> None:
    checkpoint = save(tmp_path, "data.evaluator=null")
    given = [f"ckpt={checkpoint}", "n=60", "repeats=1", "metrics=[frechet]"]
    with pytest.raises(ForgerError, match=r"no evaluator \(data\.evaluator\)"):
        evaluate.run(composed(*given, verb="evaluate"))
    # One may be made after the run.
    assert evaluate.run(composed(*given, "data.evaluator=mnist", verb="evaluate"))["samples"]["fid"]


def test_samples_are_of_classes_as_frequent_as_in_the_training_data(tmp_path: Path) -> None:
    checkpoint = save(tmp_path, pair=("generator=conditional", "discriminator=conditional"))
    config = composed(f"ckpt={checkpoint}", "n=2000", "repeats=1", verb="evaluate")
    subject = evaluate.from_checkpoint(config)
    train, gan = subject.data.splits["train"].labels, load(checkpoint)
    assert subject.labels is not None
    frequencies = [torch.bincount(labels) / len(labels) for labels in (subject.labels, train)]
    torch.testing.assert_close(*frequencies, atol=2e-3, rtol=0)
    assert torch.equal(subject.draws[0], gan.sample(2000, 0, subject.labels))


def test_a_class_so_rare_that_a_draw_has_none_of_it_costs_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = save(tmp_path, pair=("generator=conditional", "discriminator=conditional"))
    few = ["n=30", "repeats=1", "metrics=[labels]"]
    evaluate.run(composed(f"ckpt={checkpoint}", *few, verb="evaluate"))
    # No deviation of one draw, and no value of the real images.
    row = r"class_fid_0 +│ +[\d.]+ │ +│ +│ +[\d.]+ │"
    printed = capsys.readouterr().out
    assert re.search(row, printed)
    why = "empty: this metric has no value there, as of a class without examples"
    assert why in " ".join(printed.split())
