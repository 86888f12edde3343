#!/usr/bin/env bash
# hydra-core 1.3.8, omegaconf 2.3.1, Python 3.11.
# A key of a configuration may be a number, such as the update at which a rate changes. An override that names
# it, milestones.100=0.5, is refused with the advice to append by "+". "+" and "++" then add a second key, the
# text '100', beside the number 100, which keeps its old value. In a printed configuration the two look like
# one key that is there twice, and a program that walks through them sees both. OmegaConf.from_dotlist and
# OmegaConf.update do so at once, with no error before. The way that works is milestones={100:0.5}.
# Output:
#   milestones.100=0.5       refused: To append to your config use +milestones.100=0.5
#   +milestones.100=0.5      {100: 0.1, 200: 0.01, '100': 0.5}
#   ++milestones.100=0.5     {100: 0.1, 200: 0.01, '100': 0.5}
#   milestones={100:0.5}     {100: 0.5, 200: 0.01}
#   from_dotlist             {100: 0.1, 200: 0.01, '100': 0.5}
#   OmegaConf.update         {100: 0.1, 200: 0.01, '100': 0.5}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1
cat > look.py <<'PY'
from pathlib import Path

from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf

folder = Path("conf").resolve()
folder.mkdir()
(folder / "config.yaml").write_text("milestones: {100: 0.1, 200: 0.01}\n")
seen = []


def show(name, found):
    print(f"{name:<24} {found}")
    seen.append(found)


with initialize_config_dir(str(folder), version_base="1.3"):
    for override in (
        "milestones.100=0.5",
        "+milestones.100=0.5",
        "++milestones.100=0.5",
        "milestones={100:0.5}",
    ):
        try:
            show(override, OmegaConf.to_container(compose("config", [override]).milestones))
        except HydraException as error:
            advice = f"{error}\n{error.__cause__}"
            show(override, "refused: " + next(l for l in advice.splitlines() if "append" in l).strip())
config = OmegaConf.load(folder / "config.yaml")
merged = OmegaConf.merge(config, OmegaConf.from_dotlist(["milestones.100=0.5"]))
show("from_dotlist", OmegaConf.to_container(merged.milestones))
OmegaConf.update(config, "milestones.100", 0.5)
show("OmegaConf.update", OmegaConf.to_container(config.milestones))
both, right = {100: 0.1, 200: 0.01, "100": 0.5}, {100: 0.5, 200: 0.01}
assert seen[1:] == [both, both, right, both, both], "the behaviour has changed"
assert seen[0].startswith("refused"), "the behaviour has changed"
PY
environment/bin/python look.py
