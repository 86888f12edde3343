#!/usr/bin/env bash
# pytorch-ignite 0.5.5, torch 2.14.1, numpy 2.4.6, Python 3.11.
# EMAHandler of pytorch-ignite is documented to copy the buffers of a network to its moving average, such as
# the running statistics of batch normalisation. It makes the two one tensor. What is done to the average is
# done to the network in training: torch's update_bn, which finds the statistics that belong to averaged
# weights, and load_state_dict of an earlier average leave the network with the statistics of other weights,
# and what it gives in eval mode jumps. No warning; handle_buffers="update" keeps the statistics apart.
# Output (outputs of the network in eval mode, before and after something was done to its average, differ by):
#   handle_buffers             copy   update
#   update_bn                 0.174    0.000
#   an earlier average loaded 0.190    0.000
#   the same of a copy of it  0.000    0.000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pytorch-ignite==0.5.5 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import copy

import torch
from ignite.engine import Engine, Events
from ignite.handlers import EMAHandler
from torch.optim.swa_utils import update_bn


def look(handle_buffers, change):
    """By how much the outputs of the network differ after `change` of its average."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 1))
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    data = [torch.randn(32, 8) for _ in range(300)]

    def step(engine, batch):
        loss = (network(batch) - batch.square().sum(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def keep():
        early.update(copy.deepcopy(handler.ema_model.state_dict()))

    def outputs():
        with torch.no_grad():
            values = network.eval()(data[0])
        network.train()
        return values

    engine = Engine(step)
    handler = EMAHandler(network, momentum=0.01, handle_buffers=handle_buffers)
    handler.attach(engine)
    early = {}
    engine.add_event_handler(Events.ITERATION_COMPLETED(once=10), keep)
    engine.run(data)
    before = outputs()
    change(handler.ema_model, data, early)
    return (outputs() - before).abs().max().item()


def find_statistics(average, data, early):
    update_bn(data, average)


def load(average, data, early):
    average.load_state_dict(early)


def load_copy(average, data, early):
    copy.deepcopy(average).load_state_dict(early)


print("handle_buffers             copy   update")
seen = []
for name, change in (
    ("update_bn", find_statistics),
    ("an earlier average loaded", load),
    ("the same of a copy of it", load_copy),
):
    seen.append([look(how, change) for how in ("copy", "update")])
    print(f"{name:<25} {seen[-1][0]:5.3f}    {seen[-1][1]:5.3f}")
assert min(seen[0][0], seen[1][0]) > 0.01, "the behaviour has changed"
assert seen[2][0] == 0 and all(update == 0 for _, update in seen), "the behaviour has changed"
PY
environment/bin/python look.py
