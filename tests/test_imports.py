"""The import rules of the design: who may know whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import forger.cli

ROOT = Path(forger.cli.__file__).parent
FILES = {str(file.relative_to(ROOT)): file for file in sorted(ROOT.rglob("*.py"))}
STANDARD = sys.stdlib_module_names
LIGHTNING = {"pytorch_lightning", "lightning_fabric"}

# What a part of the package may import beside the standard library and its own part: of Forger, and
# of others. The first part whose name the file starts with counts.
RULES: dict[str, tuple[set[str], set[str]]] = {
    "gan.py": (
        {"ema", "graph", "losses", "penalties", "pixels", "latents", "seeds", "checks", "version"}
        | {"checkpoints"},
        {"torch"} | LIGHTNING,
    ),
    "graph.py": ({"errors"}, {"torch"}),
    "ema.py": (set(), {"torch"}),
    "losses.py": (set(), {"torch"}),
    "augment.py": ({"checks"}, {"torch"}),
    "penalties.py": ({"checks"}, {"torch"}),
    "networks/": ({"checks", "errors"}, {"torch"}),
    "metrics/": (
        {"checks", "files", "seeds", "pixels", "errors"},
        {"torch", "torchmetrics", "scipy", "numpy", "safetensors"},
    ),
    "data/": (
        {"checks", "seeds", "errors", "files"},
        {"torch", "torchvision", "numpy", "PIL", "rich"} | LIGHTNING,
    ),
    "callbacks/": (
        {"gan", "metrics", "pixels", "latents", "files", "checks", "errors", "data", "record"}
        | {"ema", "losses", "penalties", "search"},
        {"torch", "torchvision", "rich", "numpy", "matplotlib", "tensorboard"} | LIGHTNING,
    ),
    "latents.py": ({"seeds"}, {"torch"}),
    "directions.py": ({"errors"}, {"torch"}),
    "inversion.py": (set(), {"torch"}),
    "pixels.py": (set(), {"torch"}),
    "schedules.py": ({"checks"}, {"torch"}),
    "seeds.py": (set(), set()),
    "checks.py": ({"errors"}, {"psutil"}),
    "errors.py": (set(), set()),
    "files.py": ({"errors", "schema"}, set()),
    "version.py": (set(), set()),
    "checkpoints.py": ({"errors", "files", "trust"}, {"torch"} | LIGHTNING),
    "runs.py": ({"errors", "files"}, {"filelock", "omegaconf", "yaml"}),
    "curves.py": ({"files"}, set()),
    "loggers.py": ({"curves"}, LIGHTNING),
    "loops.py": (set(), LIGHTNING),
    "signals.py": (set(), LIGHTNING),
    "isolation.py": (set(), {"torch"}),
    "report/": (
        {"curves", "errors", "files", "runs"},
        {"yaml", "scipy", "numpy", "matplotlib", "jinja2"},
    ),
    "export/": (
        {"directions", "errors", "gan", "latents", "pixels"},
        {"torch", "numpy", "onnxruntime", "safetensors", "jinja2"},
    ),
    "record.py": ({"files", "overrides", "runs"}, {"torch", "omegaconf"}),
    "search.py": (
        {"errors", "runs", "schema", "seeds"},
        {"hydra", "omegaconf", "optuna", "filelock"},
    ),
    "schema.py": ({"errors", "overrides"}, {"omegaconf"}),
    "together.py": (
        {"ema", "gan", "latents", "pixels", "seeds", "signals", "errors"},
        {"torch", "lightning_utilities"} | LIGHTNING,
    ),
    "sweeps.py": ({"errors", "files", "overrides", "runs"}, {"hydra", "omegaconf"}),
    "trust.py": ({"errors", "overrides"}, {"hydra", "omegaconf"}),
    "build.py": (
        {"checkpoints", "ema", "errors", "files", "gan", "schema", "trust", "version"},
        {"torch", "hydra", "omegaconf"},
    ),
    "overrides.py": (set(), {"hydra"}),
    "cli.py": (
        {"errors", "overrides", "runs", "schema", "sweeps", "version"},
        {"hydra", "omegaconf", "yaml"},
    ),
}
# Verbs may know everything.
FREE = {file for file in FILES if file.startswith("verbs/")}


def imported(file: Path) -> set[str]:
    """Full names of what a file imports, at any depth in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rule(file: str) -> tuple[str, set[str], set[str]]:
    part = next((part for part in RULES if file.startswith(part)), None)
    assert part is not None, f"{file} has no rule here: add one"
    return part, *RULES[part]


@pytest.mark.parametrize("file", [f for f in FILES if not f.endswith("__init__.py")])
def test_a_file_imports_only_what_its_part_may_know(file: str) -> None:
    if file in FREE:
        return
    part, ours, others = rule(file)
    for name in imported(FILES[file]):
        package, _, rest = name.partition(".")
        if package == "forger":
            head = rest.partition(".")[0]
            assert head in ours | {part.rstrip("/")}, f"{file} imports {name}"
        else:
            assert package in STANDARD | others, f"{file} imports {name}"


def test_nothing_imports_verbs() -> None:
    guilty = [f for f in FILES for name in imported(FILES[f]) if name.startswith("forger.verbs")]
    assert guilty == []


def test_init_files_are_empty() -> None:
    folders = {file.parent for file in FILES.values()}
    assert len(folders) > 4
    for folder in folders:
        assert (folder / "__init__.py").read_text() == ""


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys, forger.cli; print('torch' in sys.modules, 'forger.schema' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


def test_seeds_need_no_torch() -> None:
    code = "import sys, forger.seeds, forger.runs, forger.errors; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
