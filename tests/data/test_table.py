import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from conftest import Forger
from forger.data.table import Table
from forger.data.units import to_file
from forger.errors import ForgerError

ROWS = np.arange(30.0).reshape(10, 3) ** 2


def make(file: Path, **settings: Any) -> Table:
    usual: dict[str, Any] = {"label": None, "standardise": False, "split_seed": 0}
    usual |= {"validation_share": 0.1, "test_share": 0.2, "shape": [3], "batch_size": 1, "seed": 0}
    data = Table(file=file, **(usual | settings))
    data.setup()
    return data


def write(file: Path) -> Path:
    """The rows in a file of the kind that its name says."""
    if file.suffix == ".npy":
        np.save(file, ROWS)
    elif file.suffix == ".csv":
        file.write_text("\n".join(",".join(map(str, row)) for row in ROWS))
    else:
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.table(dict(zip("abc", ROWS.T, strict=True))), file)
    return file


@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.parquet"])
def test_each_row_is_a_point_of_one_split(name: str, tmp_path: Path) -> None:
    splits = make(write(tmp_path / name)).splits
    sizes = {name: len(split.labels) for name, split in splits.items()}
    assert sizes == {"train": 7, "validation": 1, "test": 2}
    points = torch.cat([split.examples for split in splits.values()])
    assert points.dtype == torch.float32
    assert points[points[:, 0].argsort()].tolist() == ROWS.tolist()


def test_the_split_is_a_function_of_its_seed(tmp_path: Path) -> None:
    file = write(tmp_path / "x.npy")
    one, again, other = (make(file, split_seed=s).splits["train"].examples for s in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_columns_are_standardised_by_the_training_rows(tmp_path: Path) -> None:
    # Seven times 0.1 have a mean that is not 0.1, and a deviation that is not 0.
    np.save(tmp_path / "x.npy", np.concatenate([ROWS, np.full((10, 1), 0.1)], 1))
    plain, scaled = (make(tmp_path / "x.npy", shape=[4], standardise=s) for s in (False, True))
    raw, done = plain.splits, scaled.splits
    train = raw["train"].examples[:, :3]
    for name in ("train", "validation", "test"):
        expected = (raw[name].examples[:, :3] - train.mean(0)) / train.std(0, correction=0)
        torch.testing.assert_close(done[name].examples[:, :3], expected)
        assert torch.equal(done[name].examples[:, 3], torch.zeros(len(expected)))
        back = to_file(done[name].examples, scaled.units)
        torch.testing.assert_close(back.float(), raw[name].examples)
        # Whatever a generator makes of it.
        assert (to_file(done[name].examples + 0.2, scaled.units)[:, 3] == 0.1).all()
        assert torch.equal(to_file(raw[name].examples, plain.units), raw[name].examples)


def test_signals_come_as_an_array_or_as_rows_and_a_channel_is_scaled_as_one(tmp_path: Path) -> None:
    signals = np.random.default_rng(0).normal(3, [[[1.0]], [[5.0]]], (2, 10, 4)).swapaxes(0, 1)
    np.save(tmp_path / "array.npy", signals)
    np.save(tmp_path / "rows.npy", signals.reshape(10, 8))
    array, rows = (make(tmp_path / f"{name}.npy", shape=[2, 4]) for name in ("array", "rows"))
    train = array.splits["train"].examples
    assert sorted(train.tolist()) == sorted(rows.splits["train"].examples.tolist())
    assert array.units == rows.units == {"names": ["0", "1"], "mean": None, "deviation": None}
    scaled = make(tmp_path / "array.npy", shape=[2, 4], standardise=True)
    mean, deviation = (
        train.mean((0, 2), keepdim=True),
        train.std((0, 2), correction=0, keepdim=True),
    )
    found = scaled.splits["train"].examples
    torch.testing.assert_close(found, (train - mean) / deviation)
    torch.testing.assert_close(to_file(found, scaled.units).float(), train)
    for settings, sentence in (
        ({"shape": [4, 2]}, r"must be \[2, 4\]: .* has examples of this shape"),
        ({"shape": [8]}, r"must be \[2, 4\]: .* has examples of this shape"),
        ({"shape": [2, 4], "label": 0}, "is a channel of .*, not a column"),
    ):
        with pytest.raises(ForgerError, match=sentence):
            make(tmp_path / "array.npy", **settings)
    with pytest.raises(ForgerError, match=r"must be \[8\].*or sizes whose product is 8"):
        make(tmp_path / "rows.npy", shape=[3, 4])


def test_a_column_gives_the_classes_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("\ufeffwidth,kind\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(10)))
    data = make(file, label="kind", shape=[1], classes=2)
    assert data.class_names == ["a", "b"]
    assert data.units
    assert data.units["names"] == ["width"]
    for split in data.splits.values():
        assert split.labels.tolist() == [int(x) % 2 for x in split.examples[:, 0]]
    np.save(tmp_path / "x.npy", np.array([[1, 5], [2, 9], [3, 5]]))
    labels = make(tmp_path / "x.npy", label=1, shape=[1], test_share=0).splits["train"].labels
    assert sorted(labels.tolist()) == [0, 0, 1]


@pytest.mark.parametrize(
    ("text", "settings", "sentence"),
    [
        ("a;b\n1;2,5\n", {}, "its columns are separated by ';': separate them by commas"),
        ("a,b\n1,2\n3,x\n", {}, r"column b .*to float: 'x'\).*data.label, or remove it"),
        ("1,2\n3,\n", {}, "column 1 .*: write numbers, such as 1234.5, give it as"),
        ("a,b\n1,2\n3,1_0\n", {}, r"column b .*to float: '1_0'\).*data.label, or remove it"),
        ("1,2\n3,nan\n", {}, "missing, not finite or beyond"),
        ("1,2\n3\n", {}, "row 2 has 1 values, not 2"),
        ("a,a\n1,2\n", {}, "one name"),
        ("a,${b}\n1,2\n", {}, r"column \$\{b\} of .* in its name: rename it"),
        ("a,b\n", {}, "has no rows"),
        ("", {}, "has no rows"),
        ("1,2\n3,4\n5,6\n", {"shape": [3]}, r"data.shape \(=\[3\]\) must be \[2\]"),
        ("a,b\n1,2\n", {"label": "c"}, "not a column of .*: give one of a, b"),
        ("a\n1\n", {"label": "a"}, "no column beside"),
        ("1,2\n3,4\n", {"classes": 2}, "data.classes is 2, but data.label is null: give"),
        ("a,b,c\n1,2,x\n3,4,\n", {"label": "c"}, "has missing values in "),
        ("1,2,x\n3,4,y\n", {"label": "c"}, "not a column of .*: give one of 0, 1, 2"),
        ('a,b\n1,2\n3,"' + 200_000 * "4", {}, "cannot be read: field larger"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(
    text: str, settings: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ForgerError, match=sentence):
        make(tmp_path / "x.csv", **({"shape": [2]} | settings))


def test_a_file_that_is_not_there_or_of_another_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(ForgerError, match=r"does not exist: give data\.file=PATH"):
        make(tmp_path / "x.csv")
    with pytest.raises(ForgerError, match=r"must end in \.csv, \.npy, \.parquet"):
        make(tmp_path / "x.xlsx")
    (tmp_path / "x.npy").write_bytes(b"no array")
    with pytest.raises(ForgerError, match="cannot be read"):
        make(tmp_path / "x.npy")
    (tmp_path / "x.npy").write_bytes(b"")
    with pytest.raises(ForgerError, match="cannot be read: No data left"):
        make(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.array([[1, "a"]], object), allow_pickle=True)
    with pytest.raises(ForgerError, match="no array of numbers: save it as one"):
        make(tmp_path / "x.npy")
    (tmp_path / "x.csv").write_text("a,b\n1,2\n", encoding="utf-16")
    with pytest.raises(ForgerError, match="not in UTF-8: save it in UTF-8"):
        make(tmp_path / "x.csv")
    np.savez(tmp_path / "x.npz", np.zeros((3, 2)))
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")
    with pytest.raises(ForgerError, match="several arrays"):
        make(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.zeros((3, 2), complex))
    with pytest.raises(ForgerError, match="they are of type complex128"):
        make(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(ForgerError, match="save it as"):
        make(tmp_path / "x.npy")


def test_classes_are_in_natural_order_and_a_first_row_with_numbers_is_data(tmp_path: Path) -> None:
    rows = [f"{i},{i % 3},{name}" for i, name in enumerate(["10", "9", "2", "10", "9", "2"])]
    (tmp_path / "x.csv").write_text("\n".join(rows))
    data = make(tmp_path / "x.csv", shape=[2], label="2")
    assert data.class_names == ["2", "9", "10"]
    assert sum(len(split.labels) for split in data.splits.values()) == 6
    # Or in the order that is given.
    data = make(tmp_path / "x.csv", shape=[2], label="2", class_names=["10", "2"])
    assert data.class_names == ["10", "2", "9"]
    with pytest.raises(ForgerError, match="has a name twice"):
        make(tmp_path / "x.csv", shape=[2], label="2", class_names=["2", "2"])


def test_the_names_that_pandas_gives_to_columns_are_no_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("0,1\n5,6\n7,8\n9,9\n")
    splits = make(tmp_path / "x.csv", shape=[2]).splits.values()
    assert sorted(float(x) for split in splits for x in split.examples[:, 0]) == [5, 7, 9]


CONVOLUTIONAL = ["generator=dcgan", "generator.output=identity", "discriminator=dcgan"]
RUNS = {
    "rows": ([300, 5], ["experiment=table"]),
    "rows of classes": (
        [300, 3],
        ["experiment=conditional_table", "data.label=kind", "data.classes=3"],
    ),
    "signals": ([300, 2, 10], ["experiment=table"]),
    "images": ([300, 1, 8, 8], ["experiment=table", *CONVOLUTIONAL]),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RUNS)
def test_a_run_needs_its_table_to_be_trained_and_measured_alone(
    kind: str, forger: Forger, tmp_path: Path
) -> None:
    size, settings = RUNS[kind]
    numbers = np.random.default_rng(0).normal(1000, 3, size)
    by_class = "classes" in kind
    file = "x.csv" if by_class else "x.npy"
    if by_class:
        rows = [",".join([*map(str, row), "abc"[i % 3]]) for i, row in enumerate(numbers)]
        (tmp_path / file).write_text("\n".join(["one,two,three,kind", *rows]))
    else:
        np.save(tmp_path / file, numbers)
    shape = f"data.shape=[{','.join(map(str, size[1:]))}]"
    few = ["trainer.max_steps=2", "callbacks.measure.n=50", "callbacks.grid.rows=1"]
    forger("train", *settings, f"data.file={file}", shape, "hydra.run.dir=run", *few)
    (tmp_path / file).rename(tmp_path / f"moved_{file}")
    forger("sample", "ckpt=run", "n=4", "npz=true", "hydra.run.dir=a")
    samples = np.load(tmp_path / "a" / "samples.npz")["samples"]
    # In the units of the file: the generator has learned nothing yet.
    assert samples.shape == (4, *size[1:])
    assert abs(samples.mean() - 1000) < 20
    if by_class:
        header, *rows = (tmp_path / "a" / "samples.csv").read_text().splitlines()
        assert header == "one,two,three,kind"
        assert [row[-1] for row in rows] == ["a", "b", "c", "a"]
    label = ["label=a"] if by_class else []
    forger("traverse", "ckpt=run", "rows=2", "steps=3", "hydra.run.dir=b", *label)
    forger("evaluate", "ckpt=run", f"data.file=moved_{file}", "n=30", "repeats=1", "out=c")
    results = json.loads((tmp_path / "c" / "metrics.json").read_text())
    assert results["samples"]["fid"]["mean"] > 0
    assert results["samples"]["nearest_ratio"]["mean"] > 0
