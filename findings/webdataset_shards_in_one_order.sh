#!/usr/bin/env bash
# webdataset 1.0.2, torch 2.14.1, numpy 2.4.6, Python 3.11.
# WebDataset(urls, shardshuffle=100) shuffles the archives of a data set. It chooses one order when it is
# made, and every epoch has that order: with it the examples too, but for what a buffer of shuffle() mixes,
# which is small beside a data set of many archives. A network sees the same pictures at the same time of each
# epoch, and those of two archives far apart are never in one batch. detshuffle=True, which counts the epochs,
# gives each another order, but with workers that start anew for each epoch it counts them from 0 each time.
# persistent_workers=True mends that, and no worker does. No warning.
# Output (the order of eight archives in three epochs; another one in each run):
#                                              epoch 1   epoch 2   epoch 3
#   shardshuffle=100                           06542137  06542137  06542137
#   the same, 1 worker                         67052143  67052143  67052143
#   the same, 1 persistent worker              12347605  12347605  12347605
#   with detshuffle=True                       50637241  60215437  75613420
#   with detshuffle=True, 1 worker             46012537  46012537  46012537
#   with detshuffle=True, 1 persistent worker  37260451  64753012  16057342
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q webdataset==1.0.2 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
import webdataset

ARCHIVES = [f"{number}.tar" for number in range(8)]
for number, path in enumerate(ARCHIVES):
    with webdataset.TarWriter(path) as archive:
        for example in range(10):
            archive.write({"__key__": f"{number}{example}", "txt": str(number)})


def orders(workers, persistent, **options):
    """The archives in the order in which their first examples come, in each of three epochs."""
    data = webdataset.WebDataset(ARCHIVES, shardshuffle=100, **options).decode().to_tuple("txt")
    loader = torch.utils.data.DataLoader(
        data, batch_size=None, num_workers=workers, persistent_workers=persistent
    )
    return ["".join(dict.fromkeys(number for (number,) in loader)) for _ in range(3)]


print(f"{'':<42} epoch 1   epoch 2   epoch 3")
for name, workers, persistent, options, alike in (
    ("shardshuffle=100", 0, False, {}, True),
    ("the same, 1 worker", 1, False, {}, True),
    ("the same, 1 persistent worker", 1, True, {}, True),
    ("with detshuffle=True", 0, False, {"detshuffle": True}, False),
    ("with detshuffle=True, 1 worker", 1, False, {"detshuffle": True}, True),
    ("with detshuffle=True, 1 persistent worker", 1, True, {"detshuffle": True}, False),
):
    seen = orders(workers, persistent, **options)
    print(f"{name:<42}", "  ".join(seen))
    assert (len(set(seen)) == 1) == alike, "the behaviour has changed"
PY
environment/bin/python look.py
