#!/usr/bin/env bash
# timm 1.0.31, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# ModelEmaV3 of timm, and V2, average all that state_dict names. A layer that a network uses in several
# places, such as an embedding that all blocks of a generator share or an output tied to an input, has several
# names there: its average is updated once for each of them, the decay is to the power of their number, and
# with a decay of 0.999 a layer of eight places is averaged over 125 updates and not over 1,000. The other
# layers are right, so that the averaged network is one of two times. No warning; exclude_buffers=True, which
# goes by parameters(), and torch's AveragedModel are right.
# Output (weights that are 0 when the average is made and 1 from then on; decay 0.999, 1,000 updates):
#                             used once   in two places   in eight places
#   ModelEmaV2                    0.632           0.865             1.000
#   ModelEmaV3                    0.632           0.865             1.000
#   the same, exclude_buffers     0.632           0.632             0.632
#   AveragedModel of torch        0.632           0.632             0.632
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q timm==1.0.31 torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import torch
from timm.utils import ModelEmaV2, ModelEmaV3
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Block(torch.nn.Module):
    def __init__(self, embedding):
        super().__init__()
        self.embedding = embedding


class Generator(torch.nn.Module):
    """One layer of its own, one that two blocks share, and one that eight blocks share."""

    def __init__(self):
        super().__init__()
        once, twice, often = (torch.nn.Linear(1, 1, bias=False) for _ in range(3))
        self.once = once
        self.two = torch.nn.ModuleList([Block(twice) for _ in range(2)])
        self.eight = torch.nn.ModuleList([Block(often) for _ in range(8)])

    def weights(self):
        layers = self.once, self.two[0].embedding, self.eight[0].embedding
        return [layer.weight.item() for layer in layers]


def set_to(network, value):
    with torch.no_grad():
        for weight in network.parameters():
            weight.fill_(value)


def averaged(make, update):
    generator = Generator()
    set_to(generator, 0)
    average = make(generator)
    set_to(generator, 1)
    for _ in range(1000):
        update(average, generator)
    return average.module.weights()


def of_timm(average, generator):
    average.update(generator)


def of_torch(average, generator):
    average.update_parameters(generator)


def torch_average(network):
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(0.999))
    average.update_parameters(network)  # the first update copies
    return average


print(f"{'':<26} used once   in two places   in eight places")
seen = []
for name, make, update in (
    ("ModelEmaV2", lambda network: ModelEmaV2(network, decay=0.999), of_timm),
    ("ModelEmaV3", lambda network: ModelEmaV3(network, decay=0.999), of_timm),
    ("the same, exclude_buffers", lambda network: ModelEmaV3(network, 0.999, exclude_buffers=True), of_timm),
    ("AveragedModel of torch", torch_average, of_torch),
):
    seen.append(averaged(make, update))
    print("{:<26} {:9.3f} {:15.3f} {:17.3f}".format(name, *seen[-1]))
for number, values in enumerate(seen):
    powers = (1, 2, 8) if number < 2 else (1, 1, 1)
    for value, power in zip(values, powers, strict=True):
        assert abs(value - (1 - 0.999 ** (1000 * power))) < 1e-3, "the behaviour has changed"
PY
environment/bin/python look.py
