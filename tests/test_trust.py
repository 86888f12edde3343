"""Checkpoints as an attacker would make them: refused, and nothing of theirs runs."""

import pickle
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from forger.build import build, load
from forger.errors import ForgerError
from forger.trust import check_trust, trusting
from tiny import composed

SMALL = ["generator=mlp", "generator.widths=[8]", "discriminator=mlp", "discriminator.widths=[8]"]
HARM = "import pathlib; pathlib.Path('harm').touch()"


@pytest.fixture(autouse=True)
def harmless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every payload below would leave a file `harm`, as an attacker's module in reach would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "evil.py").write_text(f"{HARM}\nclass Loss: pass\n")
    (tmp_path / "hubconf.py").write_text(HARM)
    with (tmp_path / "evil.pth").open("wb") as file:
        pickle.dump(Payload(), file, protocol=2)
    yield
    assert not (tmp_path / "harm").exists()


@cache
def contents() -> dict[str, Any]:
    gan = build(composed(*SMALL))
    return {"state_dict": gan.state_dict(), "config": gan.config, "global_step": 0}


class Payload:
    def __reduce__(self) -> tuple:
        return exec, (HARM,)


def crafted(node: str, payload: Any, **more: Any) -> Path:
    """The checkpoint of a GAN, in whose configuration a node is another."""
    config = contents()["config"] | {node: payload} | more
    torch.save(contents() | {"config": config}, "crafted.ckpt")
    return Path("crafted.ckpt")


# Target, what comes with it.
PAYLOADS = [
    ("os.system", {"command": "touch harm"}),
    ("builtins.exec", {"_args_": [HARM]}),
    ("builtins.eval", {"_args_": [f"exec({HARM!r})"]}),
    ("subprocess.Popen", {"args": "touch harm", "shell": True}),
    ("torch.load", {"f": "evil.pth", "weights_only": False}),
    ("torch.hub.load", {"repo_or_dir": ".", "model": "x", "source": "local"}),
    ("pickle.load", {"_args_": [{"_target_": "builtins.open", "file": "evil.pth", "mode": "rb"}]}),
    ("torch.utils.cpp_extension.load_inline", {"name": "x", "cpp_sources": ""}),
    ("torch.distributed.elastic.multiprocessing.subprocess_handler.SubprocessHandler", {}),
    ("pytorch_lightning.cli.LightningCLI", {}),
    ("torchmetrics.image.fid.FrechetInceptionDistance", {}),
    ("evil.Loss", {}),
    # By way of a module that is allowed.
    ("forger.record.git", {"_args_": ["-c", "alias.x=!touch harm", "x"]}),
    ("forger.record.subprocess.run", {"args": ["touch", "harm"]}),
    ("forger.record.subprocess.Popen", {"args": ["touch", "harm"]}),
    ("torch.nn.modules.module.torch.load", {"f": "evil.pth", "weights_only": False}),
    ("forger.build.instantiate", {"config": {"_target_": "os.system", "command": "touch harm"}}),
    ("hydra.utils.get_class", {"path": "evil.Loss"}),
    ("hydra.utils.get_class", {"_args_": ["evil.Loss"]}),
    (["os.system"], {"command": "touch harm"}),
]


@pytest.mark.parametrize(("target", "more"), PAYLOADS, ids=[str(target) for target, _ in PAYLOADS])
@pytest.mark.parametrize("depth", ["loss", "deep"])
def test_a_target_that_could_run_code_is_refused_before_it_does(
    target: Any, more: dict[str, Any], depth: str
) -> None:
    payload = {"_target_": target} | more
    # A node of which nothing is made when a checkpoint is loaded is held to the same.
    where = {"loss": ("loss", payload), "deep": ("callbacks", {"x": {"y": [payload]}})}
    checkpoint = crafted(*where[depth])
    path = {"loss": "loss", "deep": r"callbacks\.x\.y\[0\]"}[depth]
    with pytest.raises(ForgerError, match=rf"(?s)^{path}\.\S+ \(=.* in {checkpoint} .* trust=\["):
        load(checkpoint)


@pytest.mark.parametrize(
    ("loss", "more"),
    [
        ({"_target_": "${trainer.word}"}, {"trainer": {"word": "evil.Loss"}}),
        ("${trainer.node}", {"trainer": {"node": {"_target_": "evil.Loss"}}}),
        ("${oc.create:'{_target_: evil.Loss}'}", {}),
        # Escaped once and twice: what is plain text now is an interpolation when resolved anew.
        (r"\${oc.create:'{_target_: evil.Loss}'}", {}),
        (r"\\\${oc.create:'{_target_: evil.Loss}'}", {}),
        ({"_target_": r"\${trainer.word}"}, {"trainer": {"word": "evil.Loss"}}),
    ],
)
def test_an_interpolation_hides_nothing(loss: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ForgerError, match=r"trust=\["):
        load(crafted("loss", loss, **more))


def test_a_pickle_that_runs_code_is_not_unpickled() -> None:
    torch.save(contents() | {"more": Payload()}, "crafted.ckpt")
    for name in ("crafted.ckpt", "evil.pth"):
        with pytest.raises(ForgerError, match=r"is damaged or no checkpoint of Forger's"):
            load(Path(name))


def test_whom_to_trust_is_not_for_the_checkpoint_to_say() -> None:
    checkpoint = crafted("loss", {"_target_": "evil.Loss"}, trust=["evil"])
    with pytest.raises(ForgerError, match=r"loss._target_ \(=evil\.Loss\)"):
        load(checkpoint)


def test_a_package_of_ones_own_is_trusted_when_named_and_what_it_imports_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text(
        "import os\nfrom forger.losses import NonSaturating\n"
        "class Loss(NonSaturating): pass\ndef make(): return Loss()\n"
    )
    for target in ("mine.Loss", "mine.make"):
        checkpoint = crafted("loss", {"_target_": target})
        with pytest.raises(ForgerError, match=rf"\(={target}\) .* trust=\[mine\]$"):
            load(checkpoint)
        for trust in (["mine"], [target]):
            assert type(load(checkpoint, trust).loss).__name__ == "Loss"
    checkpoint = crafted("loss", {"_target_": "mine.os.system", "command": "touch harm"})
    with pytest.raises(ForgerError, match=r"\(=mine\.os\.system\)"):
        load(checkpoint, ["mine"])


def test_layers_and_optimizers_of_torch_need_no_trust() -> None:
    names = ["torch.nn.Linear", "torch.nn.Flatten", "torch.optim.AdamW", "torch.optim.SGD"]
    names += ["torch.optim.lr_scheduler.StepLR", "pytorch_lightning.callbacks.Timer"]
    check_trust(OmegaConf.create({n: {"_target_": n} for n in names}), [], Path("x"))


def test_what_cannot_be_imported_is_told_as_that() -> None:
    with pytest.raises(ForgerError, match=r"^forger\.losses\.Nothing cannot be imported: "):
        load(crafted("loss", {"_target_": "forger.losses.Nothing"}))


def test_a_command_names_the_packages_to_trust_and_imports_none() -> None:
    assert trusting(composed(*SMALL)) == ""
    own = ["loss._target_=evil.Loss", "+callbacks.mine={_target_:another.Callback,word:'${no}'}"]
    assert trusting(composed(*SMALL, *own)) == " 'trust=[another,evil]'"
