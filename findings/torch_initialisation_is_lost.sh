#!/usr/bin/env bash
# torch 2.14.1, Python 3.11.
# GANs begin with weights of a given deviation, DCGAN's with 0.02, which a function sets in each layer by
# torch.nn.init. Under spectral_norm, weight_norm or orthogonal of torch.nn.utils.parametrizations,
# layer.weight is computed at each reading. The function fills a tensor that is thrown away at once: the layer
# keeps the weights that it was made with. fill_, copy_ and clamp_ of layer.weight change nothing either. The
# older torch.nn.utils.spectral_norm, in the same place, starts with the deviation that was asked for: who
# replaces the one by the other trains another network. No warning; the function before the normalisation, or
# layer.weight = values, is right.
# Output (deviation of the weights before and after nn.init.normal_(layer.weight, 0, 0.02)):
#                                      before   after  written to
#   no normalisation                   0.0360  0.0201  weight
#   utils.spectral_norm                0.0360  0.0202  weight_orig
#   parametrizations.spectral_norm     0.0474  0.0473  nothing
#   parametrizations.weight_norm       0.0360  0.0360  nothing
#   parametrizations.orthogonal        0.5000  0.5000  nothing
#   weight_norm, layer.weight = ...    deviation 0.0200
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch
from torch import nn
from torch.nn import utils

warnings.filterwarnings("ignore", category=FutureWarning)  # of the older functions


def dcgan(module):
    """The start of a DCGAN: weights of deviation 0.02."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)


print(f"{'':<34} before   after  written to")
seen = {}
for name, wrap in (
    ("no normalisation", lambda layer: layer),
    ("utils.spectral_norm", utils.spectral_norm),
    ("parametrizations.spectral_norm", utils.parametrizations.spectral_norm),
    ("parametrizations.weight_norm", utils.parametrizations.weight_norm),
    ("parametrizations.orthogonal", utils.parametrizations.orthogonal),
):
    torch.manual_seed(0)
    layer = wrap(nn.Conv2d(16, 32, 4, bias=False))
    first = {key: value.clone() for key, value in layer.named_parameters()}
    before = layer.weight.std().item()
    layer.apply(dcgan)
    after = layer.weight.std().item()
    now = layer.named_parameters()
    seen[name] = [key for key, value in now if not torch.equal(value, first[key])]
    print(f"{name:<34} {before:6.4f}  {after:6.4f}  {', '.join(seen[name]) or 'nothing'}")
with torch.no_grad():
    layer = utils.parametrizations.weight_norm(nn.Conv2d(16, 32, 4, bias=False))
    layer.weight = 0.02 * torch.randn_like(layer.weight)
print(f"weight_norm, layer.weight = ...    deviation {layer.weight.std().item():.4f}")
assert [*seen.values()] == [["weight"], ["weight_orig"], [], [], []], "the behaviour has changed"
assert abs(layer.weight.std().item() - 0.02) < 1e-3, "the assignment has changed"
PY
environment/bin/python look.py
