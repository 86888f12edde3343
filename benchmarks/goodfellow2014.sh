#!/usr/bin/env bash
# The run of Goodfellow et al. 2014 on one GPU, its seeds side by side, for so many seconds at most.
#
#     benchmarks/goodfellow2014.sh OUT SECONDS SEED... [-- SETTING...]
#
# Each run leaves its folder in OUT. It stops, saved, at the limit; `forger train resume=` goes on.
set -euo pipefail
out=$(realpath -m "$1")
seconds=$2
shift 2
seeds=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  seeds+=("$1")
  shift
done
[ $# -eq 0 ] || shift
cd "$(dirname "$0")/.."
export PYTHONPATH=$PWD/src:${PYTHONPATH:-} PYTHONUNBUFFERED=1 OMP_NUM_THREADS=2
mkdir -p "$out"
for seed in "${seeds[@]}"; do
  # The paper's measure, by its protocol, on validation images, every 50 of its epochs.
  timeout --signal TERM --kill-after 20 "$seconds" python3 -m forger.cli train \
    experiment=goodfellow2014_mnist trainer=graph seed="$seed" hydra.run.dir="$out/$seed" \
    trainer.max_steps=250000 trainer.log_every_n_steps=500 +metrics=parzen \
    callbacks.measure.every_n_updates=25000 callbacks.measure.n=10000 \
    callbacks.grid.every_n_updates=25000 callbacks.checkpoint.every_n_updates=25000 \
    callbacks.checkpoint.keep_all=false "$@" > "$out/$seed.log" 2>&1 &
done
wait
tail -n 6 "$out"/*.log
