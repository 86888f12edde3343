#!/usr/bin/env bash
# hydra-core 1.3.8, omegaconf 2.3.1, Python 3.11.
# In a sweep, quotes keep a text that looks like a number a text: x='1','b' gives the jobs the texts
# '1' and 'b'. choice(...), which is documented as another way to write the same sweep, loses the
# quotes when it writes the overrides of the jobs: x=choice('1','b') gives the number 1. A text of
# letters beyond ASCII, such as choice('ä','b'), then ends the sweep with a parse error.
# Output:
#   x='1','b'           ['1', 'b']
#   x=choice('1','b')   [1, 'b']
#   x='ä','b'           ['ä', 'b']
#   x=choice('ä','b')   parse error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q hydra-core==1.3.8 omegaconf==2.3.1
cat > job.py <<'PY'
import json, sys
import hydra
from omegaconf import DictConfig

@hydra.main(version_base="1.3", config_path=None)
def job(config: DictConfig) -> None:
    with open(sys.argv[0] + ".seen", "a") as file:
        file.write(json.dumps(config.x) + "\n")

job()
PY
cat > look.py <<'PY'
import json, pathlib, subprocess, sys

seen = {}
for sweep in ("'1','b'", "choice('1','b')", "'ä','b'", "choice('ä','b')"):
    file = pathlib.Path("job.py.seen")
    file.write_text("")
    done = subprocess.run(
        [sys.executable, "job.py", "-m", f"+x={sweep}"], capture_output=True, text=True
    )
    values = [json.loads(line) for line in file.read_text().splitlines()]
    refused = done.returncode != 0 and "LexerNoViableAltException" in done.stdout + done.stderr
    seen[sweep] = "parse error" if refused else values
    print(f"x={sweep:<17} {seen[sweep]}")
wanted = {
    "'1','b'": ["1", "b"],
    "choice('1','b')": [1, "b"],
    "'ä','b'": ["ä", "b"],
    "choice('ä','b')": "parse error",
}
sys.exit(seen != wanted)
PY
PYTHONUTF8=1 environment/bin/python look.py
