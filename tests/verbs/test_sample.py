import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from conftest import Forger
from forger.api import load
from forger.latents import Codes, sample_prior_by_index


def test_codes_are_those_of_all_samples(forger: Forger, coded: Path, tmp_path: Path) -> None:
    forger("sample", f"ckpt={coded}", "n=5", "codes=[2,0.5]", "npz=true", "out=a")
    gan = load(coded)
    assert isinstance(gan.prior, Codes)
    z = sample_prior_by_index(gan.prior, 5, 6, seed=0)
    z[:, :3], z[:, 3] = torch.tensor([0.0, 0.0, 1.0]), 0.5
    assert np.array_equal(np.load(tmp_path / "a" / "samples.npz")["samples"], gan.generate(z))


def test_codes_of_a_gan_that_has_none_are_refused(forger: Forger, ckpt: Path) -> None:
    assert "need a prior that has codes" in forger("sample", f"ckpt={ckpt}", "codes=[3]")
    assert "codes (=3) should be" in forger("sample", f"ckpt={ckpt}", "codes=3")


def test_single_images_are_those_of_the_last_command(
    forger: Forger, ckpt: Path, tmp_path: Path
) -> None:
    forger("sample", f"ckpt={ckpt}", "n=3", "singles=true", "out=a")
    said = forger("sample", f"ckpt={ckpt}", "n=2", "singles=true", "out=a")
    assert said.splitlines()[-1] == "singles  a/singles/00000.png to 00001.png"
    singles = tmp_path / "a" / "singles"
    assert sorted(file.name for file in singles.iterdir()) == ["00000.png", "00001.png"]


def test_rows_of_a_table_are_in_the_units_of_its_file(
    forger: Forger, table: Path, tmp_path: Path
) -> None:
    said = forger("sample", f"ckpt={table}", "n=3", "npz=true", "hydra.run.dir=a")
    assert "a/samples.csv" in said
    header, *rows = csv.reader((tmp_path / "a" / "samples.csv").open())
    assert header == ["age", "$\\alpha", "kind"]
    assert [row[2] for row in rows] == ["cat", "owl", "cat"]
    due = load(table).sample(3, seed=0).double() * torch.tensor([2.0, 0.0]) + torch.tensor([1e9, 7])
    assert [[float(x) for x in row[:2]] for row in rows] == due.tolist()
    assert np.load(tmp_path / "a" / "samples.npz")["samples"].tolist() == due.tolist()
    forger("sample", f"ckpt={table}", "n=1", "label=owl", "hydra.run.dir=b")
    assert (tmp_path / "b" / "samples.csv").read_text().splitlines()[1].endswith(",7.0,owl")


def test_a_table_of_an_older_forger_has_no_file_to_go_back_to(
    forger: Forger, table: Path, tmp_path: Path
) -> None:
    contents = torch.load(table, weights_only=True)
    del contents["config"]["units"]
    torch.save(contents, table)
    said = forger("sample", f"ckpt={table}", "hydra.run.dir=a")
    assert "units    mean 0, standard deviation 1" in said
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["grid.png"]


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ({"names": ["a", "b"], "mean": [1.0], "deviation": [1.0, 1.0]}, "not of 2 columns"),
        ({"names": "ab", "mean": None, "deviation": None}, "units.names (=ab) should be a list"),
        ({"names": ["a", "b"]}, "units lacks deviation"),
        ({"names": ["a", "b"], "mean": [1.0, 1.0], "deviation": None}, "not of 2 columns"),
        ({"names": ["a", "b"], "mean": None, "deviation": []}, "not of 2 columns"),
        ([1], "units (=[1]) should be a dictionary"),
    ],
)
def test_units_that_no_file_has_are_refused(
    forger: Forger, table: Path, units: Any, sentence: str
) -> None:
    contents = torch.load(table, weights_only=True)
    contents["config"]["units"] = units
    torch.save(contents, table)
    assert sentence in forger("sample", f"ckpt={table}")
