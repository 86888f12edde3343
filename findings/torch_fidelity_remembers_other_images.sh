#!/usr/bin/env bash
# torch-fidelity 0.4.0, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# torch-fidelity keeps the features and statistics of a registered data set in ~/.cache/torch/fidelity_cache,
# under the name of the set and of the network, and of nothing else. If the set of that name has other images
# next time, such as another size, split or corrected file, or the network of that name has other weights,
# calculate_metrics compares with the old features: in another program, weeks later. A network that was
# trained anew is used for one of the two inputs and its predecessor for the other. Its own cifar10-train and
# inception-v3-compat with feature_extractor_weights_path are remembered likewise. Nothing tells of it but a
# line of the verbose log; cache=False is right.
# Output (Frechet distance of 200 images to the set "mine"; each line is a program of its own):
#   mine has these images       remembered      0.0  cache=False      0.0
#   mine has brighter images    remembered      0.0  cache=False   7500.0
#   the weight is doubled       remembered   7416.0  cache=False      0.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export TORCH_HOME="$folder/torch"
python3 -m venv environment
environment/bin/pip install -q torch==2.14.1 torchvision==0.29.1 torch-fidelity==0.4.0
cat > look.py <<'PY'
import sys

import torch
import torch_fidelity
from torch_fidelity.feature_extractor_base import FeatureExtractorBase

added, weight = int(sys.argv[1]), float(sys.argv[2])


class Features(FeatureExtractorBase):
    """The mean of each channel, times a weight."""

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
        return (images.float().mean((2, 3)) * weight,)


class Images(torch.utils.data.Dataset):
    def __init__(self, added):
        images = torch.randint(0, 100, (200, 3, 8, 8), generator=torch.Generator().manual_seed(0))
        self.images = (images + added).to(torch.uint8)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index]


torch_fidelity.register_feature_extractor("small", Features)
torch_fidelity.register_dataset("mine", lambda root, download: Images(added))
for cache in (True, False):
    result = torch_fidelity.calculate_metrics(
        input1="mine",
        input2=Images(0),
        feature_extractor="small",
        fid=True,
        cuda=False,
        cache=cache,
        verbose=False,
    )
    print(round(abs(result["frechet_inception_distance"]), 1))
PY
look() {
    local name=$1 seen
    shift
    mapfile -t seen < <(environment/bin/python -W ignore look.py "$@")
    printf '%-27s remembered %8s  cache=False %8s\n' "$name" "${seen[@]}"
    echo "${seen[*]}" >> seen
}
look "mine has these images" 0 1
look "mine has brighter images" 50 1
look "the weight is doubled" 0 2
if ! printf '%s\n' '0.0 0.0' '0.0 7500.0' '7416.0 0.0' | cmp - seen; then
    echo "the behaviour has changed"
    exit 1
fi
