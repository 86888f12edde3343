"""Make a run one of the trained GANs that come with Forger.

python benchmarks/zoo.py RUN NAME 'forger train …'

First `forger evaluate ckpt=RUN`, whose results are told. Written are the averaged generator and the
discriminator, as safetensors, and a JSON file with their checksum, the command that trains them and
these results, in src/forger/zoo.
"""

import json
import sys

from forger.config.load import read
from forger.config.settings import NETWORKS
from forger.runs.folder import find_checkpoint
from forger.runs.zoo import ZOO, write_trained

# What the verbs that show a GAN, or measure it, need of its configuration.
KEPT = (*NETWORKS, "model", "data", "metrics", "seed")


def main(run: str, name: str, command: str) -> None:
    checkpoint = find_checkpoint(run)
    contents = read(checkpoint)
    weights, config = contents["state_dict"], {key: contents["config"][key] for key in KEPT}
    averages = {
        key.replace("ema.", "generator.", 1): weight
        for key, weight in weights.items()
        if key.startswith("ema.")
    }
    # The average is the generator, so that each weight is there once.
    weights = {key: weight for key, weight in weights.items() if not key.startswith("ema.")}
    config["model"]["ema_halflife"] = 0
    results = json.loads((checkpoint.with_suffix("") / "metrics.json").read_text())
    # A path on the machine that measured it.
    del results["checkpoint"]
    path = ZOO / f"{name}.safetensors"
    write_trained(path, config, weights | averages, contents["global_step"], command, results)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
