"""The import rules of the design: who may know whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import forger.cli

ROOT = Path(forger.cli.__file__).parent
# But for the template of users' projects, which is copied and not imported.
FILES = {
    name: file
    for file in sorted(ROOT.rglob("*.py"))
    if not (name := str(file.relative_to(ROOT))).startswith("project/")
}
STANDARD = sys.stdlib_module_names | {"tomllib"}  # from Python 3.11 on
LIGHTNING = {"pytorch_lightning", "lightning_fabric"}

# What a room or file of the package may import beside the standard library and its own room: of
# Forger, and of others.
RULES: dict[str, tuple[set[str], set[str]]] = {
    # What the game is made of: torch alone, but for the module that plays it.
    "gan.py": (
        {"checks", "latent_space", "latents", "losses", "networks", "penalties", "pixels", "runs"}
        | {"terms", "training"},
        {"torch"} | LIGHTNING,
    ),
    "losses.py": ({"checks"}, {"torch"}),
    "penalties.py": ({"checks"}, {"torch"}),
    "augment.py": ({"checks"}, {"torch"}),
    "schedules.py": ({"checks"}, {"torch"}),
    "models/": (
        {"checks", "errors", "gan", "networks", "pixels", "terms", "training"},
        {"torch"},
    ),
    "terms/": (
        {"checks", "data", "errors", "gan", "losses", "networks", "pixels"},
        {"torch"},
    ),
    "latents.py": ({"checks", "errors", "seeds"}, {"torch"}),
    "pixels.py": (set(), {"torch"}),
    "networks/": ({"checks", "errors"}, {"torch"}),
    # What everything may use.
    "seeds.py": (set(), set()),
    "checks.py": ({"errors"}, {"psutil"}),
    "errors.py": (set(), set()),
    # One file for an option of a group.
    "metrics/": (
        {"checks", "errors", "gan", "latent_space", "latents", "pixels", "runs", "seeds"},
        {"torch", "torchmetrics", "scipy", "numpy", "safetensors"},
    ),
    "data/": (
        {"checks", "errors", "runs", "seeds"},
        {"torch", "torchvision", "numpy", "PIL", "pyarrow", "scipy"} | LIGHTNING,
    ),
    "callbacks/": (
        {
            "augment",
            "checks",
            "data",
            "errors",
            "figures",
            "gan",
            "latent_space",
            "latents",
            "losses",
            "metrics",
        }
        | {"networks", "penalties", "pixels", "runs", "sweeps", "terms", "training"},
        {"torch", "torchvision", "rich", "numpy", "matplotlib", "tensorboard"} | LIGHTNING,
    ),
    # Rooms.
    "figures/": ({"data", "runs"}, {"torch", "torchvision", "numpy", "matplotlib"}),
    "samplers/": ({"checks", "errors", "gan", "latents", "networks", "pixels", "seeds"}, {"torch"}),
    "latent_space/": ({"checks", "errors", "gan", "latents", "pixels"}, {"torch"}),
    "config/": (
        {"checks", "data", "errors", "gan", "latents", "runs", "training"},
        {"torch", "hydra", "omegaconf", "tomli", "yaml"},
    ),
    "dry_run/": (
        {"callbacks", "config", "errors", "gan", "latents", "networks", "runs", "terms"},
        {"torch", "omegaconf"},
    ),
    "runs/": (
        {"config", "errors"},
        {"torch", "filelock", "omegaconf", "rich", "safetensors", "yaml"} | LIGHTNING,
    ),
    "training/": (
        {"callbacks", "checks", "config", "data", "errors", "figures", "gan", "metrics", "runs"}
        | {"seeds"},
        {"torch", "hydra", "omegaconf"} | LIGHTNING,
    ),
    "sweeps/": (
        {"checks", "config", "errors", "gan", "latents", "pixels", "runs", "seeds", "training"},
        {"torch", "hydra", "omegaconf", "optuna", "filelock"} | LIGHTNING,
    ),
    "report/": (
        {"config", "errors", "runs"},
        {"yaml", "scipy", "numpy", "matplotlib", "jinja2", "PIL", "omegaconf"},
    ),
    "evaluation/": (
        {"config", "data", "errors", "figures", "gan", "metrics", "runs"},
        {"torch", "omegaconf", "rich"},
    ),
    "export/": (
        {"errors", "gan", "latent_space", "latents", "pixels", "report", "runs", "training"}
        | {"data"},
        {"torch", "numpy", "omegaconf", "onnxruntime", "safetensors"},
    ),
    "api.py": (
        {"checks", "cli", "config", "data", "errors", "gan", "runs", "sweeps"},
        {"hydra", "omegaconf", "torch"},
    ),
    "cli.py": ({"config", "errors", "runs", "sweeps"}, {"hydra", "omegaconf"}),
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


def test_init_files_are_empty_but_for_the_one_that_users_import() -> None:
    folders = {file.parent for file in FILES.values()} - {ROOT}
    assert len(folders) > 4
    for folder in folders:
        assert (folder / "__init__.py").read_text() == ""


def test_importing_forger_imports_nothing_that_takes_time() -> None:
    slow = "{'torch', 'hydra', 'omegaconf', 'pytorch_lightning'}"
    code = f"import sys, forger; forger.ForgerError; print({slow} & sys.modules.keys())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_command_line_starts_without_torch() -> None:
    loaded = "'torch' in sys.modules, 'forger.config.settings' in sys.modules"
    code = f"import sys, forger.cli; print({loaded})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


def test_seeds_need_no_torch() -> None:
    code = (
        "import sys, forger.seeds, forger.runs.folder, forger.errors; print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
