#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# A DataLoader puts the tensors of a batch together by torch.stack, which takes a type that holds them all.
# With num_workers above 0 it stacks them into shared memory of the type of the first, and casts the others to
# it: the type of a batch, and its values, follow from the number of workers and from which example happens to
# come first. Of two data sets that ConcatDataset joins, a label of 300 beside labels of bytes becomes 44, a
# large float32 beside a float16 becomes infinite, and a float64 loses half of its digits. No warning.
# Output (two data sets of one example each; the batch and its type):
#   uint8, then int64      no worker [7, 300] int64           1 worker [7, 44] uint8
#   int64, then uint8      no worker [300, 7] int64           1 worker [300, 7] int64
#   float16, then float32  no worker [1.0, 100000.0] float32  1 worker [1.0, inf] float16
#   float32, then float64  no worker [1.0, 0.1] float64       1 worker [1.0, 0.10000000149011612] float32
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset

if __name__ == "__main__":
    seen = []
    for name, first, second in (
        ("uint8, then int64", torch.tensor([[7]], dtype=torch.uint8), torch.tensor([[300]])),
        ("int64, then uint8", torch.tensor([[300]]), torch.tensor([[7]], dtype=torch.uint8)),
        ("float16, then float32", torch.tensor([[1.0]]).half(), torch.tensor([[1e5]])),
        ("float32, then float64", torch.tensor([[1.0]]), torch.tensor([[0.1]], dtype=torch.float64)),
    ):
        joined = ConcatDataset([TensorDataset(first), TensorDataset(second)])
        batches = [next(iter(DataLoader(joined, batch_size=2, num_workers=n)))[0] for n in (0, 1)]
        parts = [f"{b.flatten().tolist()} {str(b.dtype)[6:]}" for b in batches]
        print(f"{name:<22} no worker {parts[0]:<24} 1 worker {parts[1]}")
        seen.append(torch.equal(batches[0], batches[1].to(batches[0].dtype)))
    assert seen == [False, True, False, False], "the behaviour has changed"
PY
environment/bin/python look.py
