#!/usr/bin/env bash
# torch-fidelity 0.4.0, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# torch-fidelity makes the latent vectors of a generator itself: z_type is normal, uniform_0_1 or unit, for
# those that are trained on vectors of length 1. It makes the latter of numbers from 0 to 1, which it divides
# by their length: none is negative, and all vectors lie in one corner of the sphere, of which there are 2^128
# in 128 dimensions. The images are of that corner alone and nearly alike, so that every score, the Frechet
# distance, precision and recall as well as the path length, is that of another, worse generator. No warning;
# z_type normal, and a generator that divides by the length itself, is right.
# Output (vectors of 128 numbers; distance of a generator to images of itself):
#              negative numbers   cosine of two vectors   Frechet distance to itself
#   normal                50 %                    0.00                          0.4
#   unit                   0 %                    0.75                        249.6
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchvision==0.29.1 torch-fidelity==0.4.0
cat > look.py <<'PY'
import torch
import torch_fidelity
from torch_fidelity.feature_extractor_base import FeatureExtractorBase


class Features(FeatureExtractorBase):
    """The mean of each channel."""

    def __init__(self, name, features_list, **given):
        super().__init__(name, features_list)

    @staticmethod
    def get_provided_features_list():
        return ("mean",)

    @staticmethod
    def get_default_feature_layer_for_metric(metric):
        return "mean"

    @staticmethod
    def can_be_compiled():
        return False

    @staticmethod
    def get_dummy_input_for_compile():
        return None

    def forward(self, images):
        return (images.float().mean((2, 3)),)


class Generator(torch.nn.Module):
    """Images whose three channels follow from the direction of the latent vector; it keeps the vectors."""

    def __init__(self):
        super().__init__()
        self.register_buffer("weight", torch.randn(128, 3))
        self.latents = []

    def forward(self, latents):
        self.latents.append(latents)
        directions = torch.nn.functional.normalize(latents, dim=1)
        levels = (128 + 10 * directions @ self.weight).clamp(0, 255).to(torch.uint8)
        return levels[:, :, None, None].expand(-1, -1, 4, 4)


class Images(torch.utils.data.Dataset):
    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


torch_fidelity.register_feature_extractor("small", Features)
print(f"{'':<8} {'negative numbers':>18} {'cosine of two vectors':>23} {'Frechet distance to itself':>28}")
seen = {}
for kind in ("normal", "unit"):
    torch.manual_seed(0)
    generator = Generator()
    # The generator takes the direction alone, so that these are uniform on the sphere in both cases.
    due = Images(generator(torch.randn(2000, 128)))
    generator.latents.clear()
    result = torch_fidelity.calculate_metrics(
        input1=torch_fidelity.GenerativeModelModuleWrapper(generator, 128, kind, 0),
        input1_model_num_samples=2000,
        input2=due,
        feature_extractor="small",
        fid=True,
        cuda=False,
        cache=False,
        verbose=False,
    )
    latents = torch.cat(generator.latents)
    directions = torch.nn.functional.normalize(latents, dim=1)
    negative = float((latents < 0).float().mean())
    cosine = round(float((directions[:1000] * directions[1000:]).sum(dim=1).mean()), 2) + 0.0
    distance = abs(result["frechet_inception_distance"])
    print(f"{kind:<8} {negative:>16.0%} {cosine:>23.2f} {distance:>28.1f}".replace("%", " %"))
    seen[kind] = negative, cosine, distance
normal, unit = seen["normal"], seen["unit"]
assert abs(normal[0] - 0.5) < 0.01 and abs(normal[1]) < 0.02 and normal[2] < 1, "the behaviour has changed"
assert unit[0] == 0 and unit[1] > 0.7 and unit[2] > 20 * normal[2], "the behaviour has changed"
PY
environment/bin/python -W ignore look.py
