"""What the discriminator of each run says of the images it was trained on, and of others.

python benchmarks/memorised.py RUN ...
"""

import sys
from pathlib import Path

import torch
from omegaconf import DictConfig, OmegaConf

from forger.config.build import build_data
from forger.config.load import load
from forger.pixels import to_float
from forger.runs.folder import find_checkpoint


@torch.no_grad()
def main(runs: list[str]) -> None:
    """A line for each run: D(x), a mean over minibatches, as it sees them in training."""
    for run in runs:
        gan = load(find_checkpoint(run))
        # As in training, where batch normalisation sees a minibatch.
        gan.discriminator.train()
        config = OmegaConf.create(gan.config)
        assert isinstance(config, DictConfig)
        data = build_data(config)
        data.prepare_data()
        data.setup("fit")
        print(Path(run).name, end="")
        for split in ("train", "validation"):
            batches = data.splits[split].examples[:576].split(64)
            logits = [gan.logits(to_float(batch, gan.value_range), batch) for batch in batches]
            print(f"  {split} {torch.cat(logits).sigmoid().mean():.2f}", end="")
        print()


if __name__ == "__main__":
    main(sys.argv[1:])
