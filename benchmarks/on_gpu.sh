#!/usr/bin/env bash
# All that needs a GPU, in one script of at most 8 minutes, without a network.
#
#     benchmarks/on_gpu.sh OUT [WHEELS]
#
# OUT: a folder, which gets on_gpu.json, on_gpu.md and the logs. WHEELS: a folder of what the machine
# lacks beside PyTorch, Lightning and TensorBoard, made where there is a network by
#     pip wheel --no-deps -w WHEELS hydra-core==1.3.8 omegaconf==2.3.1 antlr4-python3-runtime==4.9.3
# SECONDS_IN_ALL=420 ends it earlier; DEVICE=cpu rehearses it where there is no GPU.
set -euo pipefail
out=$(realpath -m "$1")
wheels=${2:+$(realpath "$2")}
cd "$(dirname "$0")/.."
mkdir -p "$out"
export PYTHONPATH=$PWD/src PYTHONUNBUFFERED=1
if [ -n "$wheels" ]; then
  site=$(mktemp -d)
  trap 'rm -rf "$site"' EXIT
  python3 -m pip install -q --no-index --no-deps --target "$site" "$wheels"/*.whl
  export PYTHONPATH=$PYTHONPATH:$site
fi
python3 benchmarks/on_gpu.py "$out" --seconds "${SECONDS_IN_ALL:-470}" --device "${DEVICE:-gpu}"
