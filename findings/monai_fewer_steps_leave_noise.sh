#!/usr/bin/env bash
# monai 1.6.1, torch 2.14.1, numpy 2.4.6, Python 3.11.
# DDPMScheduler of MONAI draws samples of a diffusion model. set_timesteps takes the number of steps for which
# samples are made, 1,000 or fewer, and chooses so many of the 1,000 times. Each step of the scheduler then goes
# from a time to the one before it, such as from 980 to 979, and not to the next that was chosen, so that most
# of the noise is never taken away. Of 50 steps nine tenths of it are left in the result, which is said to be a
# sample: whoever compares models at 50 or 250 steps compares noise. No warning; all 1,000 steps are right, and
# so is DDIMScheduler, which takes the same arguments.
# Output (normal data of mean 0.5 and deviation 0.3 and their ideal network; mean and deviation of the samples):
#   steps                           50         100         250         500        1000
#   DDIMScheduler            0.49 0.28   0.49 0.29   0.49 0.30   0.50 0.30   0.50 0.30
#   DDIMScheduler, eta=1     0.50 0.26   0.50 0.28   0.50 0.29   0.50 0.29   0.50 0.30
#   DDPMScheduler            0.07 0.89   0.15 0.80   0.31 0.60   0.43 0.42   0.50 0.30
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q monai==1.6.1 torch==2.14.1 numpy==2.4.6
cat > look.py <<'PY'
import torch
from monai.networks.schedulers import DDIMScheduler, DDPMScheduler

MEAN, DEVIATION = 0.5, 0.3
STEPS = (50, 100, 250, 500, 1000)


def noise_in(x, signal, noise):
    """The noise in x as an ideal network tells it, which knows that the data are normal."""
    share = signal * DEVIATION**2 / ((signal * DEVIATION) ** 2 + noise**2)
    data = MEAN + share * (x - signal * MEAN)
    return (x - signal * data) / noise


def sample(kind, steps, **options):
    """Mean and deviation of the numbers which a sampler makes."""
    torch.manual_seed(0)
    scheduler = kind(clip_sample=False)
    scheduler.set_timesteps(steps)
    x = torch.randn(20_000, 1, 1, 1)
    for time in scheduler.timesteps:
        signal = scheduler.alphas_cumprod[time]
        x, _ = scheduler.step(noise_in(x, signal.sqrt(), (1 - signal).sqrt()), time, x, **options)
    return x.mean().item(), x.std().item()


print(f"{'steps':<22}", *(f"{steps:>11}" for steps in STEPS))
seen = {}
for name, kind, options in (
    ("DDIMScheduler", DDIMScheduler, {}),
    ("DDIMScheduler, eta=1", DDIMScheduler, {"eta": 1.0}),
    ("DDPMScheduler", DDPMScheduler, {}),
):
    seen[name] = [sample(kind, steps, **options) for steps in STEPS]
    print(f"{name:<22}", *(f"{mean:>6.2f} {deviation:.2f}" for mean, deviation in seen[name]))
for name, row in seen.items():
    off = [max(abs(mean - MEAN), abs(deviation - DEVIATION)) for mean, deviation in row]
    assert off[-1] < 0.02, "not even all steps are right"
    assert off[0] > 0.5 if name == "DDPMScheduler" else max(off) < 0.05, "the behaviour has changed"
PY
environment/bin/python look.py
