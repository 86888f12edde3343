import base64
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fake_runs import leave_run
from forger.config.load import load
from forger.gan import GAN
from forger.runs.curves import append

Forger = Callable[..., str]


@pytest.fixture
def two(tmp_path: Path, ckpt: Path) -> Path:
    """The folder of two runs, a and b, of the same networks."""
    for name, k, value in (("a", 1, 3.0), ("b", 2, 4.0)):
        settings = {"model.k": k, "model.of": "${model.k}", "callbacks.grid.rows": k}
        leave_run(tmp_path / "runs" / name, settings, {10: 9.0, 20: value})
        append(tmp_path / "runs" / name, {"spectrum/high": 1.0}, 10)
        (tmp_path / "runs" / name / "checkpoints").mkdir()
        shutil.copy(ckpt, tmp_path / "runs" / name / "checkpoints" / "last.ckpt")
    return tmp_path / "runs"


def pictures(page: Path) -> list[np.ndarray]:
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', page.read_text())
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def test_differences_and_results_are_printed_and_shown(
    two: Path, tmp_path: Path, forger: Forger
) -> None:
    printed = forger("compare", "runs/a", "runs/b")
    lines = [line.split() for line in printed.splitlines()]
    assert lines[:-1] == [
        ["a", "b"],
        ["model.k", "1", "2"],
        ["status", "done", "done"],
        ["updates", "20", "20"],
        ["seconds", "2", "2"],
        ["metric/fid", "3", "4"],
    ]
    file = next(tmp_path.glob("outputs/compare/*/compare.html"))
    assert lines[-1] == ["page", str(file.relative_to(tmp_path))]
    page = file.read_text()
    # A curve of one's own has a chart too.
    assert "spectrum/high</text>" in page
    assert "<td>model.k</td><td>1</td><td>2</td>" in page
    assert "<td>metric/fid, at any time</td><td>3 to 9</td><td>4 to 9</td>" in page
    assert 'href="../../../runs/a"' in page
    assert page.count("<svg") == 1
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]*//', page)


def test_pictures_of_a_whole_run_stand_beside_each_other(
    two: Path, tmp_path: Path, forger: Forger
) -> None:
    for name, grey in (("a", 0), ("b", 255)):
        Image.new("L", (30, 20), grey).save(two / name / "trajectory.png")
    forger("compare", "runs/a", "runs/b", "n=0", "out=.")
    assert [picture.mean() for picture in pictures(tmp_path / "compare.html")] == [0, 255]


def test_samples_are_of_the_same_latent_vectors(
    two: Path, tmp_path: Path, forger: Forger, gan: GAN
) -> None:
    forger("compare", "runs/a", "runs/b", "n=6", "columns=3", "seed=4", "out=there")
    one, other = pictures(tmp_path / "there" / "compare.html")
    assert np.array_equal(one, other)
    first = load(two / "a" / "checkpoints" / "last.ckpt").sample(6, seed=4)[4, 0]
    # The second row, the second column, and a margin of two pixels.
    assert np.array_equal(one[32:60, 32:60, 0], first.numpy())


def test_runs_without_common_latent_vectors_or_checkpoints_are_compared_without_samples(
    two: Path, tmp_path: Path, forger: Forger
) -> None:
    last = two / "b" / "checkpoints" / "last.ckpt"
    contents = torch.load(last, weights_only=True)
    contents["config"]["model"]["prior"] = "uniform"
    torch.save(contents, last)
    printed = forger("compare", "runs/a", "runs/b")
    assert "samples  the runs have no latent vectors in common: 4 numbers of normal, and" in printed
    last.unlink()
    assert "has no checkpoints/last.ckpt" in forger("compare", "runs/a", "runs/b", "out=.")
    assert pictures(tmp_path / "compare.html") == []
    assert "samples  n is 0" in forger("compare", "runs/a", "runs/b", "n=0")


def test_nothing_that_a_stranger_names_is_run(two: Path, tmp_path: Path, forger: Forger) -> None:
    last = two / "b" / "checkpoints" / "last.ckpt"
    contents = torch.load(last, weights_only=True)
    contents["config"]["generator"]["_target_"] = "os.system"
    contents["config"]["generator"]["command"] = "touch hacked"
    torch.save(contents, last)
    assert "os.system" in forger("compare", "runs/a", "runs/b")
    assert not (tmp_path / "hacked").exists()


def test_every_text_of_a_run_is_text_in_the_page(two: Path, tmp_path: Path, forger: Forger) -> None:
    odd = "<b>x</b>\"'`</script>--><i a=b>\x1b[2J"
    (two / "b").rename(two / "<b>b")
    config = two / "<b>b" / "config" / "config.yaml"
    config.write_text(config.read_text().replace("model:\n", f"model:\n  {json.dumps(odd)}: 1\n"))
    (two / "<b>b" / "summary.json").write_text(
        json.dumps({"status": odd, "updates": 1, "seconds": 1.0, "metrics": {f"metric/{odd}": 1}})
    )
    printed = forger("compare", "runs/a", "runs/<b>b", "out=.")
    assert "\x1b" not in printed
    page = (tmp_path / "compare.html").read_text()
    assert not re.search("<[bi][ >]", page)
    assert "</script>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_run_that_has_lost_its_record_is_no_run(two: Path, forger: Forger) -> None:
    (two / "b" / "run.json").unlink()
    assert "runs/b is not a run folder, since it has no run.json" in forger(
        "compare", "runs/a", "runs/b"
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["runs/a"], "runs has 1 run folder: give 2 to 8"),
        (["runs/a"] * 9, "runs has 9 run folders: give 2 to 8"),
        (["runs/a", "runs"], "runs is not a run folder"),
        # As of a sweep's folder/*, which has files beside its runs.
        (["runs/a"] * 9 + ["runs"], "runs is not a run folder"),
        (["runs/a", "runs/a"], "runs has one run folder twice"),
        (["runs/a", "runs/b", "n=-1"], "n (=-1) must be at least 0"),
    ],
)
def test_what_cannot_be_compared_is_said(
    two: Path, forger: Forger, given: list[str], sentence: str
) -> None:
    assert sentence in forger("compare", *given)
