#!/usr/bin/env bash
# onnxruntime 1.32.0, onnx 1.23.2, Python 3.11.
# ONNX Runtime draws the noise of a file's random operators anew in each call, and, with no seed, from another
# place in each program. Each session begins at the same place though: all sessions of one program, of the
# same file or of different ones, draw the same numbers. Images that are made by a session for each batch are
# the same batch again and again, the sessions of several threads make the same images, and two networks whose
# noise should be independent have it in common. onnxruntime.set_seed before each session, with another
# number, helps.
# Output (the first number of three calls, another one in each program; file B scales its noise by 10):
#   one session of file A, then another      -2.68  1.24 0.358   -2.68  1.24 0.358
#   two at once, calls by turns              -2.68  1.24 0.358   -2.68  1.24 0.358
#   a session of file B                      -26.8  12.4  3.58
#   the same file in another program: other numbers True
#   ten sessions of file A, a batch of 100 from each: 100 different numbers of 1,000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q onnxruntime==1.32.0 onnx==1.23.2
cat > look.py <<'PY'
import subprocess
import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def session(scale, count=1):
    """A file that draws normal numbers and multiplies them."""
    value = helper.make_tensor("scale", TensorProto.FLOAT, [], [scale])
    nodes = [
        helper.make_node("RandomNormal", [], ["noise"], shape=[count]),
        helper.make_node("Constant", [], ["scale"], value=value),
        helper.make_node("Mul", ["noise", "scale"], ["images"]),
    ]
    output = helper.make_tensor_value_info("images", TensorProto.FLOAT, [count])
    graph = helper.make_graph(nodes, "generator", [], [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def draw(generator):
    return generator.run(None, {})[0]


def shown(numbers):
    return " ".join(f"{float(number):5.3g}" for number in numbers)


if len(sys.argv) > 1:
    print(draw(session(1))[0])
    raise SystemExit
one, other = session(1), session(1)
alone = [draw(one)[0] for _ in range(3)]
again = [draw(other)[0] for _ in range(3)]
print(f"{'one session of file A, then another':<40} {shown(alone)}   {shown(again)}")
pair = session(1), session(1)
turns = [[draw(generator)[0] for generator in pair] for _ in range(3)]
turns = [list(calls) for calls in zip(*turns)]
print(f"{'two at once, calls by turns':<40} {shown(turns[0])}   {shown(turns[1])}")
larger = session(10)
scaled = [draw(larger)[0] for _ in range(3)]
print(f"{'a session of file B':<40} {shown(scaled)}")
program = subprocess.run([sys.executable, __file__, "again"], capture_output=True, text=True, check=True)
differs = abs(float(program.stdout) - alone[0]) > 1e-6
print(f"the same file in another program: other numbers {differs}")
batches = np.concatenate([draw(session(1, 100)) for _ in range(10)])
different = len(np.unique(batches))
print(f"ten sessions of file A, a batch of 100 from each: {different} different numbers of 1,000")
assert alone == again == turns[0] == turns[1] and len(set(alone)) == 3, "the behaviour has changed"
assert np.allclose(np.array(scaled) / 10, alone) and differs and different <= 100, "the behaviour has changed"
PY
environment/bin/python look.py
