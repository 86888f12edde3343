#!/usr/bin/env bash
# hydra-core 1.3.8, omegaconf 2.3.1, Python 3.11.
# Where a key refers to a whole section, such as generator: ${optimizer}, no override of a key beneath it
# does what it says. A plain one is refused, with the advice to append by "+". "+" then says that the key
# is there already and to write "++". "++" throws away the whole section: the one key is all that is left.
# "~" deletes the key from the section that is referred to, and so from every other section that refers to
# it. Neither warns.
# Output:
#   generator.lr=0.5     refused: To append to your config use +generator.lr=0.5
#   +generator.lr=0.5    refused: Or add a second + to add or override 'generator.lr': '++generator.lr=0.5'
#   ++generator.lr=0.5   generator {'lr': 0.5}, discriminator {'lr': 0.1, 'betas': [0.5, 0.9]}
#   ~generator.betas     generator {'lr': 0.1}, discriminator {'lr': 0.1}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1
mkdir conf
cat > conf/config.yaml <<'YAML'
optimizer:
  lr: 0.1
  betas: [0.5, 0.9]
generator: ${optimizer}
discriminator: ${optimizer}
YAML
cat > look.py <<'PY'
from hydra import compose, initialize
from hydra.errors import HydraException
from omegaconf import OmegaConf

seen = []
with initialize(config_path="conf", version_base="1.3"):
    for override in ("generator.lr=0.5", "+generator.lr=0.5", "++generator.lr=0.5", "~generator.betas"):
        try:
            config = OmegaConf.to_container(compose("config", [override]), resolve=True)
            two = f"generator {config['generator']}, discriminator {config['discriminator']}"
            seen.append(two)
        except HydraException as error:
            seen.append(f"refused: {str(error).splitlines()[-1]}")
        print(f"{override:<20} {seen[-1]}")
wanted = [
    "refused: To append to your config use +generator.lr=0.5",
    "refused: Or add a second + to add or override 'generator.lr': '++generator.lr=0.5'",
    "generator {'lr': 0.5}, discriminator {'lr': 0.1, 'betas': [0.5, 0.9]}",
    "generator {'lr': 0.1}, discriminator {'lr': 0.1}",
]
assert seen == wanted, "the behaviour has changed"
PY
environment/bin/python look.py
