#!/usr/bin/env bash
# timm 1.0.31, torch 2.14.1, torchvision 0.29.1, Python 3.11.
# StepLRScheduler of timm lowers the rate each decay_t epochs, MultiStepLRScheduler at the epochs that decay_t
# lists. With 3 and 3, 6, 9 the two are the same plan, and MultiStepLR of torch has it too. The one with a list
# is one early: it lowers the rate at the epochs 2, 5 and 8. With t_in_epochs=False, where the list counts
# updates, it is one update early. A plan of milestones that is taken from a paper, or from a run by torch, has
# one epoch less at its first rate. No warning.
# Output (a rate of 1 that is halved; the rates of the epochs 0 to 9):
#   StepLRScheduler, 3             1 1 1 0.5 0.5 0.5 0.25 0.25 0.25 0.125
#   torch MultiStepLR, 3 6 9       1 1 1 0.5 0.5 0.5 0.25 0.25 0.25 0.125
#   MultiStepLRScheduler, 3 6 9    1 1 0.5 0.5 0.5 0.25 0.25 0.25 0.125 0.125
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q timm==1.0.31 torch==2.14.1 torchvision==0.29.1
cat > look.py <<'PY'
import torch
from timm.scheduler import MultiStepLRScheduler, StepLRScheduler


def rates(make):
    """The rates of ten epochs, of which the scheduler is told each when it begins."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = make(optimizer)
    seen = []
    for epoch in range(10):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler):
            scheduler.step()
        else:
            scheduler.step(epoch + 1)
    return seen


seen = {
    "StepLRScheduler, 3": rates(lambda optimizer: StepLRScheduler(optimizer, decay_t=3, decay_rate=0.5)),
    "torch MultiStepLR, 3 6 9": rates(
        lambda optimizer: torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 6, 9], gamma=0.5)
    ),
    "MultiStepLRScheduler, 3 6 9": rates(
        lambda optimizer: MultiStepLRScheduler(optimizer, decay_t=[3, 6, 9], decay_rate=0.5)
    ),
}
for name, values in seen.items():
    print(f"{name:<30}", *(f"{value:g}" for value in values))
by_step, by_torch, by_list = seen.values()
assert by_step == by_torch, "the other schedulers have changed"
assert by_list[:-1] == by_step[1:], "the behaviour has changed"
PY
environment/bin/python look.py
