#!/usr/bin/env bash
# A sweep of 16 on a Ray of two nodes, one of which is killed in the middle: every job must end, with the
# same bits as without Ray. Then the same sweep on one node and on two, and the time that each takes. Last, jobs
# save what they have on SIGTERM to their sweep.
#   bash tests/ray/run.sh FOLDER      with forger and ray on the PATH
# Both nodes are on this machine, with a core each. pytest does not collect it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
# A socket's path has 107 characters at most.
nodes=$(mktemp -d /tmp/ray.XXXXXX)
export OMP_NUM_THREADS=1 RAY_USAGE_STATS_ENABLED=0 PYTHONWARNINGS=ignore
# Where Ray ran before, a head asks for a token, and a second node does not give it by itself.
export RAY_AUTH_MODE=disabled
port=6399

leave() {
  pkill -9 -f "$nodes" || true
  rm -rf "$nodes"
}
trap leave EXIT

start_node() { # NAME: the first is the head
  if [ "$1" = head ]; then
    ray start --head --port=$port --num-cpus=1 --include-dashboard=false --temp-dir="$nodes"
  else
    ray start --address=127.0.0.1:$port --num-cpus=1
  fi > "$1.log" 2>&1
}
stop_nodes() {
  pkill -9 -f "$nodes" || true
  sleep 2
}
sweep() { # NAME UPDATES [SETTING...]
  local name=$1 updates=$2
  shift 2
  forger train -m name="$name" experiment=ring 'generator.widths=[64,64]' 'discriminator.widths=[64,64]' \
    trainer.max_steps="$updates" callbacks.checkpoint.every_n_updates=50 ~callbacks.scatter \
    ~callbacks.measure ~callbacks.doctor 'seed=range(16)' "$@" > "$name.sweep.log" 2>&1
}
on_ray="+launcher=ray hydra.launcher.ray.init.address=127.0.0.1:$port"
ended() { cat outputs/sweeps/"$1"/*/summary.json 2> /dev/null | grep -c '"done"' || true; }
seconds() { # COMMAND...: how long it takes
  local begun=$SECONDS
  "$@" > /dev/null
  echo $((SECONDS - begun))
}

sweep whole 600

start_node head
start_node second
sweep killed 600 $on_ray &
waiting=$!
until [ "$(ended killed)" -ge 5 ]; do sleep 0.2; done
# The second node, and the job on it.
second=$(pgrep -f "$nodes.*raylet.1 " | head -1)
pkill -9 -P "$second" || true
kill -9 "$second"
wait $waiting || echo "the sweep ended with code $?"
for n in $(seq 0 15); do
  python "$here/../slurm/same.py" outputs/sweeps/killed/"$n"_* outputs/sweeps/whole/"$n"_* \
    || { echo "FAILED  job $n has other bits"; exit 1; }
done
again=$(python -c '
import json, sys
print(sum(len(json.load(open(file))) > 1 for file in sys.argv[1:]))' outputs/sweeps/killed/*/run.json)
echo "ok      16 of 16 jobs are done, to the same bits; $again had begun on the node that was killed"
stop_nodes

start_node head
one=$(seconds sweep one 3000 $on_ray)
start_node second
two=$(seconds sweep two 3000 $on_ray)
echo "time    $one s on one node, $two s on two"

sweep told 1000000 $on_ray &
waiting=$!
until [ "$(ls outputs/sweeps/told/*/curves.jsonl 2> /dev/null | wc -l)" -ge 2 ]; do sleep 0.2; done
pkill -TERM -P $waiting
code=0
wait $waiting || code=$?
saved=$(cat outputs/sweeps/told/*/summary.json | grep -c '"interrupted"')
[ "$code $saved" = "143 2" ] || { echo "FAILED  SIGTERM to a sweep: code $code, $saved jobs are saved"; exit 1; }
echo "ok      both jobs that had begun saved what they had on SIGTERM to their sweep"
