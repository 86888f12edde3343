"""What is imported when, in processes of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "{'torch._dynamo', 'torchvision', 'torchmetrics.functional', 'scipy', 'matplotlib', 'triton'}"
)


def run(code: str, folder: Path | None = None) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_run_does_without_what_it_does_not_use_until_its_curves_are_drawn(tmp_path: Path) -> None:
    small = ["generator.width=4", "discriminator.width=4", "trainer.max_steps=1"]
    small += ["callbacks.measure.n=4", "name=run"]
    code = f"""
import sys
from forger.cli import import_verb, main
train = import_verb("train")
save_curves = train.save_curves
def note(*arguments):
    print({HEAVY} & sys.modules.keys())
    save_curves(*arguments)
train.save_curves = note
sys.argv = ["forger", "train", *{small}]
main()
"""
    assert "set()" in run(code, tmp_path).splitlines()
    assert (tmp_path / "outputs/runs/default/run/curves.png").exists()


# What somebody may do in the same process, with packages that are not imported as ever.
USES = {
    "compile": "f = torch.compile(lambda x: x + 1, backend='eager'); assert f(torch.ones(1)) == 2",
    "compiled module": (
        "from pytorch_lightning.utilities.compile import OptimizedModule as kept;"
        " compiled = torch.compile(torch.nn.Linear(1, 1), backend='eager');"
        " assert isinstance(compiled, kept) and not isinstance(torch.nn.Linear(1, 1), kept)"
    ),
    "torchvision": "import torchvision; torchvision.ops.nms",
    "torchmetrics": (
        "import torchmetrics; from pytorch_lightning.core.module import Metric;"
        " assert torchmetrics.Metric is Metric and issubclass(torchmetrics.Accuracy, object);"
        " torchmetrics.utilities.plot.plot_confusion_matrix"
    ),
    "a metric by its module": "from torchmetrics.image.fid import FrechetInceptionDistance",
    "a plot": (
        "from torchmetrics import MeanMetric; mean = MeanMetric(); mean.update(1.0);"
        " figure, axes = mean.plot(); assert axes.lines"
    ),
    "an optimizer": (
        "p = torch.nn.Parameter(torch.ones(1)); adam = torch.optim.Adam([p], lr=0.5);"
        " p.grad = torch.ones(1); adam.step(); assert p.item() == 0.5 and not p.grad_fn;"
        " import torch._dynamo; p.grad = torch.ones(1); adam.step(); assert abs(p.item()) < 1e-6"
    ),
}


@pytest.mark.parametrize("use", USES)
def test_whoever_uses_them_finds_them_complete(use: str) -> None:
    run(f"import forger.imports, torch; {USES[use]}")
