#!/usr/bin/env bash
# torch 2.14.1, Python 3.11, on a CPU.
# With one seed, the first ten of 1,000 uniform numbers, torch.rand, are the same as ten alone. Normal ones,
# torch.randn, are not: fewer than 16 are made one by one, more in blocks of 16, and of a count that is no
# multiple of 16 the last 16 are drawn again. So the latent vectors of images 0 to 9 of a seed are others when
# more images are asked for: a picture that was found by its number is not found again. Of long vectors only
# the last one differs, which hides it.
# Output (numbers that are the same as the first of 1,000 of the same seed):
#   count        8  15  16  17  20  32  40 100
#   torch.rand   8  15  16  17  20  32  40 100
#   torch.randn  0   0  16   1   4  32  24  84
#   10 latent vectors of   2 numbers, alone and of 64:  2 of 10 are the same
#   10 latent vectors of 100 numbers, alone and of 64:  9 of 10 are the same
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1
cat > look.py <<'PY'
import torch


def drawn(draw, *shape):
    torch.manual_seed(0)
    return draw(*shape)


counts = (8, 15, 16, 17, 20, 32, 40, 100)
print(f"{'count':<11}", *(f"{count:>3}" for count in counts))
seen = {}
for draw in (torch.rand, torch.randn):
    many = drawn(draw, 1000)
    seen[draw] = [int((drawn(draw, count) == many[:count]).sum()) for count in counts]
    print(f"{'torch.' + draw.__name__:<11}", *(f"{same:>3}" for same in seen[draw]))
for size in (2, 100):
    alone, first = drawn(torch.randn, 10, size), drawn(torch.randn, 64, size)[:10]
    same = int((alone == first).all(1).sum())
    seen[size] = same
    print(f"10 latent vectors of {size:>3} numbers, alone and of 64: {same:>2} of 10 are the same")
wanted = {torch.rand: list(counts), torch.randn: [0, 0, 16, 1, 4, 32, 24, 84], 2: 2, 100: 9}
assert seen == wanted, f"the behaviour has changed: {seen}"
PY
environment/bin/python look.py
