from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from forger.api import load
from forger.data.units import to_file
from forger.figures.paths import paths
from forger.gan import GAN
from forger.latents import sample_prior_by_index
from read_images import tiles

Forger = Callable[..., str]


def test_one_coordinate_moves_and_the_others_stay(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    chosen = ["dimensions=[2,0]", "steps=3", "low=-2", "high=1", "seed=5", "out=a"]
    forger("traverse", f"ckpt={ckpt}", *chosen)
    z = sample_prior_by_index("normal", 1, 4, seed=5).repeat(6, 1)
    z[:3, 2] = z[3:, 0] = torch.tensor([-2.0, -0.5, 1.0])
    assert torch.equal(tiles(tmp_path / "a" / "grid.png"), gan.generate(z))


def test_without_dimensions_those_of_the_largest_effect_come_first(
    forger: Forger, ckpt: Path, gan: GAN, tmp_path: Path
) -> None:
    said = forger("traverse", f"ckpt={ckpt}", "rows=3", "steps=2", "out=a")
    effects = []
    for dimension in range(4):
        ends = sample_prior_by_index("normal", 1, 4, seed=0).repeat(2, 1)
        ends[:, dimension] = torch.tensor([-3.0, 3.0])
        low, high = gan.generate(ends).float() / 255
        effects.append((high - low).square().mean().sqrt().item())
    order = sorted(range(4), key=lambda dimension: -effects[dimension])[:3]
    table = [line.split() for line in said.splitlines()[-3:]]
    assert [int(row[1]) for row in table] == order
    assert [row[2] for row in table] == [f"{effects[dimension]:.3f}" for dimension in order]
    low, high = (tiles(tmp_path / "a" / "grid.png").float() / 255).unflatten(0, (3, 2)).unbind(1)
    shown = (high - low).square().flatten(1).mean(1).sqrt()
    torch.testing.assert_close(shown, torch.tensor([effects[dimension] for dimension in order]))


def test_a_row_for_each_code_and_the_shorter_end_in_black(
    forger: Forger, coded: Path, tmp_path: Path
) -> None:
    forger("traverse", f"ckpt={coded}", "steps=5", "codes=[1]", "seed=5", "out=a")
    gan = load(coded)
    z = sample_prior_by_index(gan.prior, 1, 6, seed=5).repeat(8, 1)
    z[:, :3] = torch.tensor([0.0, 1.0, 0.0])
    z[:3, :3], z[3:, 3] = torch.eye(3), torch.tensor([-1, -0.5, 0, 0.5, 1])
    expected = gan.generate(z)
    shown = tiles(tmp_path / "a" / "grid.png")
    assert torch.equal(shown[:3], expected[:3])
    assert not shown[3:5].any()
    assert torch.equal(shown[5:], expected[3:])


def test_dimensions_move_coordinates_of_a_prior_with_codes_too(
    forger: Forger, coded: Path, tmp_path: Path
) -> None:
    chosen = ["dimensions=[3]", "steps=3", "low=-2", "high=2", "out=a"]
    forger("traverse", f"ckpt={coded}", *chosen)
    gan = load(coded)
    z = sample_prior_by_index(gan.prior, 1, 6, seed=0).repeat(3, 1)
    z[:, 3] = torch.tensor([-2.0, 0, 2])
    assert torch.equal(tiles(tmp_path / "a" / "grid.png"), gan.generate(z))


def test_points_are_lines_in_the_units_of_their_file(
    forger: Forger, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def note(rows: Tensor, names: list[str]) -> Tensor:
        drawn.append((rows, names))
        return paths(rows, names)

    monkeypatch.setattr("forger.figures.examples.paths", note)
    chosen = ["label=cat", "dimensions=[2]", "steps=3", "hydra.run.dir=a"]
    said = forger("traverse", f"ckpt={table}", *chosen)
    gan = load(table)
    z = sample_prior_by_index("normal", 1, 4, seed=0).repeat(3, 1)
    z[:, 2] = torch.tensor([-3.0, 0, 3])
    points = gan.generate(z, torch.zeros(3, dtype=torch.int64))
    ((rows, names),) = drawn
    assert names == ["age", "$\\alpha"]
    assert torch.equal(rows[0], to_file(points, gan.config["units"]))
    effect = (points[2] - points[0]).square().mean().sqrt()
    assert said.splitlines()[-1].split() == ["0", "2", f"{effect:.3f}"]
    assert (tmp_path / "a" / "grid.png").exists()


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("codes=[1]", "codes (=[1]) need a prior that has codes"),
        ("rows=0", "rows (=0) must be at least 1"),
        ("steps=1", "steps (=1) must be at least 2"),
        ("low=3", "low (=3) must be below high (=3)"),
        ("dimensions=[0,4]", "dimensions (=[0, 4]) must be in 0..3"),
        ("dimensions=[-1]", "dimensions (=[-1]) must be in 0..3"),
        ("dimensions=[]", "dimensions is empty"),
        ("dimensions=3", "dimensions (=3) should be"),
    ],
)
def test_bad_settings_are_named(forger: Forger, ckpt: Path, setting: str, sentence: str) -> None:
    assert sentence in forger("traverse", f"ckpt={ckpt}", setting)
