#!/usr/bin/env bash
# piq 0.8.0, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# piq's PR gives precision and recall of generated images. Recall asks whether a real image is within the
# radius of a generated one, and precision the other way round, so that recall is the precision of the two
# sets in exchange. piq's recall also counts a real image as covered if its distance to any of the generated
# ones equals, to five digits, its own radius, which is that to its k-th real neighbour. Among many images
# there is always such a chance: the recall of a generator that covers nothing grows with the number of
# images. Precision is right. No warning; PR()(generated, real)[0] is the recall.
# Output (features of real images, and of generated ones that vary by four fifths as much; k = 5):
#                                    recall of piq   recall as precision in exchange
#   512 features, 1000 images                0.150                             0.000
#   512 features, 2000 images                0.370                             0.000
#   512 features, 4000 images                0.670                             0.000
#   64 features, half as varied, 4000        0.388                             0.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q piq==0.8.0 torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import torch
from piq import PR

print(f"{'':<32} recall of piq   recall as precision in exchange")
seen = []
for name, features, number, spread in (
    ("512 features, 1000 images", 512, 1000, 0.8),
    ("512 features, 2000 images", 512, 2000, 0.8),
    ("512 features, 4000 images", 512, 4000, 0.8),
    ("64 features, half as varied, 4000", 64, 4000, 0.5),
):
    torch.manual_seed(0)
    real, generated = torch.randn(number, features), spread * torch.randn(number, features)
    recall = float(PR(nearest_k=5)(real, generated)[1])
    exchanged = float(PR(nearest_k=5)(generated, real)[0])
    print(f"{name:<33} {recall:>12.3f}   {exchanged:>31.3f}")
    seen.append((recall, exchanged))
assert all(exchanged == 0 for _, exchanged in seen), "the behaviour has changed"
assert 0.1 < seen[0][0] < seen[1][0] < seen[2][0] and seen[2][0] > 0.5, "the behaviour has changed"
assert seen[3][0] > 0.2, "the behaviour has changed"
PY
environment/bin/python look.py
