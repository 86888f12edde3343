"""Checkpoints as an attacker would make them: refused, and nothing of theirs runs."""

import pickle
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from forger.config.build import build
from forger.config.load import load
from forger.config.trust import check_links, check_trust, trust_argument
from forger.config.trusted import CLASSES
from forger.errors import ForgerError
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
    ("forger.runs.record.git", {"_args_": ["-c", "alias.x=!touch harm", "x"]}),
    ("forger.runs.record.subprocess.run", {"args": ["touch", "harm"]}),
    ("forger.runs.record.subprocess.Popen", {"args": ["touch", "harm"]}),
    ("torch.nn.modules.module.torch.load", {"f": "evil.pth", "weights_only": False}),
    (
        "forger.config.build.instantiate",
        {"config": {"_target_": "os.system", "command": "touch harm"}},
    ),
    ("hydra.utils.get_class", {"path": "evil.Loss"}),
    ("hydra.utils.get_class", {"_args_": ["evil.Loss"]}),
    (["os.system"], {"command": "touch harm"}),
]


def remedy(target: Any) -> str:
    """Trust is advised in a package, and never in Python's own library."""
    own = str(target).strip("['").split(".")[0] in ("os", "builtins", "subprocess", "pickle")
    return "do not use the file$" if own else r"trust=\["


@pytest.mark.parametrize(("target", "more"), PAYLOADS, ids=[str(target) for target, _ in PAYLOADS])
@pytest.mark.parametrize("depth", ["generator", "deep"])
def test_a_target_that_could_run_code_is_refused_before_it_does(
    target: Any, more: dict[str, Any], depth: str
) -> None:
    payload = {"_target_": target} | more
    where = {"generator": payload, "deep": contents()["config"]["generator"] | {"y": [payload]}}
    checkpoint = crafted("generator", where[depth])
    path = {"generator": "generator", "deep": r"generator\.y\[0\]"}[depth]
    said = rf"(?s)^{path}\.\S+ \(=.* in {checkpoint} .*{remedy(target)}"
    with pytest.raises(ForgerError, match=said):
        load(checkpoint)


@pytest.mark.parametrize(("target", "more"), PAYLOADS, ids=[str(target) for target, _ in PAYLOADS])
def test_a_run_that_goes_on_holds_every_group_to_it(target: Any, more: dict[str, Any]) -> None:
    payload = {"_target_": target} | more
    for group in CLASSES:
        for node in (payload, {"x": payload}, {"x": {"y": [payload]}}):
            config = dict(contents()["config"] | {group: node})
            with pytest.raises(ForgerError, match=rf"(?s)^{group}.* in run .*{remedy(target)}"):
                check_trust(config, [], "run")


UNUSED = ("loss", "penalty", "augment", "optimizer", "schedule", "data", "callbacks", "trainer")


@pytest.mark.parametrize("group", [*UNUSED, "logger", "metrics"])
def test_what_a_verb_that_looks_does_not_need_is_never_made(group: str, tmp_path: Path) -> None:
    (tmp_path / "curves.jsonl").write_text("another run's")
    wipe = {
        "_target_": "forger.runs.loggers.CurvesFile",
        "save_dir": str(tmp_path),
        "purge_step": 0,
    }
    for payload in ({"_target_": "os.system", "command": "touch harm"}, wipe):
        gan = load(crafted(group, payload | {"x": payload}))
        assert len(gan.sample(2, seed=0)) == 2
    assert (tmp_path / "curves.jsonl").read_text() == "another run's"


@pytest.mark.parametrize(
    ("generator", "more"),
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
def test_an_interpolation_hides_nothing(generator: Any, more: dict[str, Any]) -> None:
    with pytest.raises(ForgerError, match=r"trust=\["):
        load(crafted("generator", generator, **more))
    config = dict(contents()["config"] | {"loss": generator} | more)
    with pytest.raises(ForgerError, match=r"trust=\["):
        check_trust(config, [], "run")


def test_a_pickle_that_runs_code_is_not_unpickled() -> None:
    torch.save(contents() | {"more": Payload()}, "crafted.ckpt")
    for name in ("crafted.ckpt", "evil.pth"):
        with pytest.raises(ForgerError, match=r"is damaged or not a checkpoint of Forger"):
            load(Path(name))


@pytest.mark.parametrize("link", [{"b": "{0}", "c": "{0}"}, "{0}{0}"])
def test_interpolations_that_double_without_end_are_refused(link: Any) -> None:
    data: dict[str, Any] = {"a0": [1]}
    for i in range(1, 30):
        last = f"${{data.a{i - 1}}}"
        parts = link if isinstance(link, dict) else {"": link}
        made = {key: part.format(last) for key, part in parts.items()}
        data[f"a{i}"] = made.get("", made)
    config = OmegaConf.create({"data": data})
    with pytest.raises(ForgerError, match="interpolations that refer to each other too often"):
        check_trust(config, [], "config.yaml")


def test_nodes_that_double_without_end_are_refused_in_a_checkpoint(tmp_path: Path) -> None:
    node: Any = [1]
    for _ in range(30):
        node = [node, node]
    torch.save(contents() | {"config": contents()["config"] | {"data": node}}, tmp_path / "a.ckpt")
    with pytest.raises(ForgerError, match=r"not a checkpoint of Forger: it refers to parts of"):
        load(tmp_path / "a.ckpt")


def test_whom_to_trust_is_not_for_the_checkpoint_to_say() -> None:
    checkpoint = crafted("generator", {"_target_": "evil.Loss"}, trust=["evil"])
    with pytest.raises(ForgerError, match=r"generator._target_ \(=evil\.Loss\)"):
        load(checkpoint)


def test_a_package_of_ones_own_is_trusted_when_named_and_what_it_imports_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text(
        "import os\nfrom forger.networks.mlp import Generator\n"
        "class Own(Generator): pass\ndef make(**settings): return Own(**settings)\n"
    )
    for target in ("mine.Own", "mine.make"):
        settings = contents()["config"]["generator"]
        checkpoint = crafted("generator", settings | {"_target_": target})
        with pytest.raises(ForgerError, match=rf"\(={target}\) .*'trust=\[mine\]'$"):
            load(checkpoint)
        for trust in (["mine"], [target]):
            assert type(load(checkpoint, trust).generator).__name__ == "Own"
    checkpoint = crafted("generator", {"_target_": "mine.os.system", "command": "touch harm"})
    with pytest.raises(ForgerError, match=r"\(=mine\.os\.system\)"):
        load(checkpoint, ["mine"])


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("discriminator", "torch.nn.Linear"),
        ("discriminator", "torch.nn.Flatten"),
        ("optimizer", "torch.optim.AdamW"),
        ("optimizer", "torch.optim.SGD"),
        ("schedule", "torch.optim.lr_scheduler.StepLR"),
        ("callbacks", "pytorch_lightning.callbacks.EarlyStopping"),
        ("logger", "pytorch_lightning.loggers.TensorBoardLogger"),
        ("trainer", "pytorch_lightning.Trainer"),
    ],
)
def test_what_comes_with_forger_needs_no_trust_where_it_belongs(group: str, name: str) -> None:
    check_trust({group: {"x": {"_target_": name}}}, [], "x")
    with pytest.raises(ForgerError, match=rf"trust=\[{name}\]"):
        check_trust({"loss": {"_target_": name}}, [], "x")


# What would write, remove, connect or run when it is made, or when it is used.
BELONG_NOWHERE = [
    "forger.runs.loggers.CurvesFile",
    "forger.sweeps.search.Search",
    "forger.sweeps.announce.Announce",
    "forger.sweeps.batched.BatchedRuns",
    "pytorch_lightning.callbacks.ModelCheckpoint",
    "pytorch_lightning.callbacks.OnExceptionCheckpoint",
    "pytorch_lightning.loggers.CSVLogger",
    "pytorch_lightning.profilers.AdvancedProfiler",
    "torch.nn.Transformer",
    "torch.nn.LSTM",
    "torch.nn.DataParallel",
    "torchvision.datasets.MNIST",
]


@pytest.mark.parametrize("name", BELONG_NOWHERE)
@pytest.mark.parametrize("group", CLASSES)
def test_a_class_that_touches_the_machine_is_taken_in_no_group(group: str, name: str) -> None:
    with pytest.raises(ForgerError, match=rf"trust=\[{name}\]"):
        check_trust({group: {"_target_": name}}, [], "x")
    check_trust({group: {"_target_": name}}, [name], "x")


PLACES = ["/etc/x", "~/x", "../x", "a/../../x", "C:\\x", "\\\\host\\x", "ftp://host/x", "file:///x"]
PLACES += ["a::memory://x", "s3://bucket"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("group", CLASSES)
def test_a_place_of_the_files_choice_is_given_anew_or_trusted(group: str, place: str) -> None:
    config = {group: {"x": {"y": [place]}}}
    with pytest.raises(ForgerError, match=rf"^{group}\.x\.y\[0\] \(=.*anew, or '?trust=\["):
        check_trust(config, [], "x")
    check_trust(config, [place], "x")
    check_trust(config, [], "x", [f"{group}.x"])


def test_a_trusted_folder_is_trusted_with_what_is_in_it_and_no_more() -> None:
    check_trust({"data": {"folder": "/data/pics"}}, ["/data"], "x")
    for folder in ("/database", "/data/../etc"):
        with pytest.raises(ForgerError, match=r"data\.folder=/da"):
            check_trust({"data": {"folder": folder}}, ["/data"], "x")


def test_ones_own_data_root_needs_no_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORGER_DATA", "/mine")
    for root in ("~/.cache/forger", "/mine"):
        check_trust({"data": {"root": root}}, [], "x")
        check_trust({"model": {"prior": {"data": {"root": root}}}}, [], "x")
    monkeypatch.delenv("FORGER_DATA")
    with pytest.raises(ForgerError, match=r"give data\.root=/mine anew, or 'trust=\[/mine\]'$"):
        check_trust({"data": {"root": "/mine"}}, [], "x")


@pytest.mark.parametrize(
    "config",
    [
        {"callbacks": {"best": {"dirpath": "here"}}},
        {"logger": {"save_dir": "here"}},
        {"logger": {"sub_dir": "here"}},
        {"trainer": {"default_root_dir": "here"}},
        {"generator": {"device": "cuda"}},
    ],
)
def test_where_a_run_writes_and_computes_is_not_for_the_file_to_say(config: dict) -> None:
    with pytest.raises(ForgerError, match=r"trust=\[(here|cuda)\]"):
        check_trust(config, [], "x")


def test_a_number_beyond_all_machines_is_refused() -> None:
    with pytest.raises(ForgerError, match=r"^data\.shape\[1\] in x has 100001 bits"):
        check_trust({"data": {"shape": [1, 2**100_000]}}, [], "x")


def test_a_link_out_of_a_run_folder_is_trusted_or_refused(tmp_path: Path) -> None:
    run, outside = tmp_path / "run", tmp_path / "outside"
    for folder in (run, outside):
        folder.mkdir()
    (run / "inside").symlink_to(run / "run.json")
    check_links(run, [])
    (run / "checkpoints").symlink_to(outside)
    with pytest.raises(ForgerError, match=rf"leads out of the run folder, to {outside}: .*trust="):
        check_links(run, [])
    check_links(run, [str(outside)])


def test_what_cannot_be_imported_is_told_as_that_once(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ForgerError, match=r"^forger\.networks\.Nothing cannot be imported: "):
        load(crafted("generator", {"_target_": "forger.networks.Nothing"}))
    assert not caplog.records


def test_a_command_names_the_packages_to_trust_and_imports_none() -> None:
    assert trust_argument(composed(*SMALL)) == ""
    own = ["loss._target_=evil.Loss", "+callbacks.mine={_target_:another.Callback,word:'${no}'}"]
    assert trust_argument(composed(*SMALL, *own)) == " 'trust=[another,evil]'"
    far = ["data=image_folder", "data.folder='/my pictures'", "+callbacks=early_stopping"]
    assert trust_argument(composed(*SMALL, *far)) == """ 'trust=['"'"'/my pictures'"'"']'"""


@pytest.mark.parametrize("experiment", ["default", "ring", "grid", "gaussian_1d", "stacked_mnist"])
def test_what_forger_trains_needs_no_trust(experiment: str) -> None:
    config = composed(f"experiment={experiment}")
    check_trust(config, [], "x")
    assert trust_argument(config) == ""
