import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fake_runs import leave_run
from forger.report.differences import keep_differences
from forger.report.reading import Run, find_runs, read_run
from forger.report.samples import CORNER, MOST, WIDTH, Picture, corner, sample_picture, sample_table


def read(root: Path) -> tuple[list[Run], list[str]]:
    runs = [read_run(folder) for folder in find_runs(root)]
    return runs, keep_differences(runs)


def pixels(picture: Picture | None) -> np.ndarray:
    assert picture is not None
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data))))


def draw(run: Path, rows: int, columns: int, side: int) -> np.ndarray:
    """A samples.png of noise, with this number of images of side x side; its pixels."""
    size = (rows * (side + 2) + 2, columns * (side + 2) + 2)
    noise = np.random.default_rng(0).integers(256, size=size, dtype=np.uint8)
    Image.fromarray(noise).save(run / "samples.png")
    return noise


def test_a_corner_has_whole_images_as_they_are(tmp_path: Path) -> None:
    run = leave_run(tmp_path / "0", {"callbacks.grid": {"rows": 8, "columns": 12}}, {})
    noise = draw(run, 8, 12, side=28)
    cut = pixels(corner(read_run(run)))
    # Four images of 28 pixels and the margin left of each, and a part of the next margin.
    assert np.array_equal(cut, noise[:121, :120])
    noise = draw(run, 8, 12, side=64)
    assert np.array_equal(pixels(corner(read_run(run))), noise[:132, :132])


def test_a_picture_that_is_no_grid_is_made_small(tmp_path: Path) -> None:
    run = leave_run(tmp_path / "0", {}, {})
    draw(run, 1, 1, side=600)
    assert pixels(corner(read_run(run))).shape == (CORNER, CORNER)
    points = {"callbacks.grid": {"rows": 8, "columns": 12}, "data.shape": [30]}
    run = leave_run(tmp_path / "1", points, {})
    draw(run, 1, 1, side=600)
    assert pixels(corner(read_run(run))).shape == (CORNER, CORNER)


@pytest.mark.parametrize(("side", "width"), [(6, 600), (270, 2 * 274), (598, WIDTH)])
def test_small_pictures_are_shown_at_a_whole_multiple(
    tmp_path: Path, side: int, width: int
) -> None:
    run = leave_run(tmp_path / "0", {}, {})
    draw(run, 1, 1, side)
    shown = sample_picture(run)
    assert shown is not None
    assert shown.width == width


def test_a_link_or_another_file_in_the_place_of_samples_is_not_shown(tmp_path: Path) -> None:
    run = leave_run(tmp_path / "0", {}, {})
    samples = run / "samples.png"
    assert sample_picture(run) is not None
    samples.rename(tmp_path / "mine.png")
    samples.symlink_to(tmp_path / "mine.png")
    assert sample_picture(run) is None
    for content in (b"secret", b"\x89PNG\r\n\x1a\n", (tmp_path / "mine.png").read_bytes()[:40]):
        samples.unlink()
        samples.write_bytes(content)
        assert sample_picture(run) is None
    Image.new("1", (5000, 5000)).save(samples)
    assert sample_picture(run) is None


def test_the_table_is_of_the_two_settings_with_most_values(tmp_path: Path) -> None:
    values = [
        (k, dim, lr, seed)
        for k in (1, 2)
        for dim in (4, 8, 16)
        for lr in (0.1, 0.2)
        for seed in (0, 1)
    ]
    for i, (k, dim, lr, seed) in enumerate(values):
        settings = {"model.k": k, "model.latent_dim": dim, "optimizer.lr": lr, "seed": seed}
        if (k, dim) != (2, 16):
            leave_run(tmp_path / str(i), settings, {10: 100 * lr + seed})
    runs, names = read(tmp_path)
    table = sample_table(runs, [n for n in names if n != "seed"], "metric/fid", "min")
    assert table is not None
    assert (table.across, table.columns, table.down) == ("latent_dim", [4, 8, 16], "k")
    assert [value for value, _ in table.rows] == [1, 2]
    cells = [cell for _, row in table.rows for cell in row]
    assert cells[5] is None
    # The best of each four.
    assert [cell.run.folder.name for cell in cells[:5] if cell] == ["0", "4", "8", "12", "16"]
    assert all(cell.count == 4 for cell in cells[:5] if cell)


def test_one_setting_and_one_of_too_many_values_make_no_table(tmp_path: Path) -> None:
    for i in range(MOST + 1):
        leave_run(tmp_path / str(i), {"model.k": i, "model.lr": i % 2}, {10: 1.0})
    runs, names = read(tmp_path)
    assert sorted(names) == ["k", "lr"]
    assert sample_table(runs, names, "metric/fid", "min") is None
    assert sample_table(runs, names[:1], "metric/fid", "min") is None
