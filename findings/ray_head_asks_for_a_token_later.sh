#!/usr/bin/env bash
# ray 2.60.0, Python 3.11.
# Whether a second node may join a Ray cluster by the two documented commands depends on what ran on the
# machine before. On a new machine "ray start --head" and "ray start --address=..." make a cluster. Once a
# program has called ray.init(), which starts a Ray of its own and leaves ~/.ray/auth_token, the same
# "ray start --head" asks for that token, and "ray start --address=..." by the same user on the same machine
# does not give it, and is refused. RAY_AUTH_MODE=token makes it give the token.
# Output:
#   on a new machine                  token: False  the second node joins: True
#   after ray.init() of some program  token: True   the second node joins: False
#   the same, RAY_AUTH_MODE=token     token: True   the second node joins: True
set -euo pipefail
folder=$(mktemp -d /tmp/ray.XXXXXX)
export HOME=$folder RAY_USAGE_STATS_ENABLED=0
unset RAY_AUTH_MODE RAY_AUTH_TOKEN RAY_AUTH_TOKEN_PATH
stop() { pkill -9 -f "$folder/environment" || true; }
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q 'ray[default]==2.60.0'

joins() { # LABEL MODE: whether a second node joins the cluster of a head
  stop
  environment/bin/ray start --head --port=6397 --num-cpus=1 --include-dashboard=false \
    --temp-dir="$folder/session" > head.log 2>&1
  local token=False joined=False
  if [ -e "$HOME/.ray/auth_token" ]; then token=True; fi
  if env ${2:+RAY_AUTH_MODE=$2} environment/bin/ray start --address=127.0.0.1:6397 --num-cpus=1 \
    > second.log 2>&1; then joined=True; fi
  printf '%-33s token: %-5s  the second node joins: %s\n' "$1" "$token" "$joined" | tee -a seen
}

joins "on a new machine" ""
stop
environment/bin/python -c 'import ray; ray.init(num_cpus=1, logging_level="ERROR"); ray.shutdown()' \
  > program.log 2>&1
joins "after ray.init() of some program" ""
joins "the same, RAY_AUTH_MODE=token" token
diff seen - << 'EXPECTED'
on a new machine                  token: False  the second node joins: True
after ray.init() of some program  token: True   the second node joins: False
the same, RAY_AUTH_MODE=token     token: True   the second node joins: True
EXPECTED
