#!/usr/bin/env bash
# vector-quantize-pytorch 1.32.0, torch 2.14.1, numpy 2.4.6, Python 3.11.
# VectorQuantize replaces each vector by the nearest one of a codebook, and gives its index as well. A
# generator is trained on the indices, and get_output_from_indices, or get_codes_from_indices, makes vectors
# of what it generates, for the decoder. With affine_param=True the layer moves and scales its codebook to
# where the vectors are before it looks up the nearest one; the methods take the codebook as it was before.
# Images are decoded from other vectors than those that the decoder has learned: reconstructions are as good
# as they should be, and every image that is generated is spoiled, also of the indices of real images. No
# warning; without affine_param the two are equal.
# Output (vectors of mean 5 and deviation 3; how far they are from what they were replaced by, root of the
# mean square):
#                         by forward   by its indices
#   affine_param=False          2.00             2.00
#   affine_param=True           1.98             5.84
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q vector-quantize-pytorch==1.32.0 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from vector_quantize_pytorch import VectorQuantize


def vectors():
    return 5 + 3 * torch.randn(4, 256, 8)


seen = {}
print(f"{'':<20}  by forward   by its indices")
for affine in (False, True):
    torch.manual_seed(0)
    layer = VectorQuantize(dim=8, codebook_size=64, affine_param=affine)
    for _ in range(200):
        layer(vectors())
    layer.eval()
    real = vectors()
    with torch.no_grad():
        quantized, indices, _ = layer(real)
        decoded = layer.get_output_from_indices(indices)
    errors = [(other - real).square().mean().sqrt().item() for other in (quantized, decoded)]
    seen[affine] = *errors, torch.allclose(quantized, decoded, atol=1e-4)
    print(f"affine_param={affine!s:<7}  {errors[0]:10.2f}  {errors[1]:15.2f}")
assert seen[False][2], "the usual layer has changed"
assert not seen[True][2] and seen[True][1] > 2 * seen[True][0], "the behaviour has changed"
PY
environment/bin/python look.py
