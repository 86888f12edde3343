#!/usr/bin/env bash
# hydra-core 1.3.8, omegaconf 2.3.1, Python 3.11.
# "~key" removes a key of the configuration, unless its value is null: then Hydra says that the key
# does not exist, though --cfg job shows it. "~key=null", which names the value, is refused as well.
# Output:
#   ~a       removed, {'b': None} is left
#   ~b       Could not delete from config. 'b' does not exist.
#   ~b=null  Could not delete from config. 'b' does not exist.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1
mkdir conf
printf 'a: 1\nb: null\n' > conf/config.yaml
cat > look.py <<'PY'
from hydra import compose, initialize
from hydra.errors import HydraException

seen = []
with initialize(config_path="conf", version_base="1.3"):
    for override in ("~a", "~b", "~b=null"):
        try:
            seen.append(f"removed, {dict(compose('config', [override]))} is left")
        except HydraException as error:
            seen.append(str(error).splitlines()[0])
        print(f"{override:<8} {seen[-1]}")
missing = "Could not delete from config. 'b' does not exist."
assert seen == ["removed, {'b': None} is left", missing, missing], "the behaviour has changed"
PY
environment/bin/python look.py
