"""Bad settings and bad files: one sentence, exit code 2, and nothing half-written."""

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import pytorch_lightning
import torch
from omegaconf import OmegaConf
from PIL import Image

from forger.build import build
from forger.metrics import evaluator
from tiny import composed

Forger = Callable[..., str]
TOY = ["train", "experiment=gaussian_1d"]
SMALL = ["generator=mlp", "discriminator=mlp", "generator.widths=[8]", "discriminator.widths=[8]"]
FOLDER = ["train", *SMALL, "data=image_folder", "data.root=cache", "data.shape=[1,8,8]"]
SQUARE = ["data=image_folder", "data.root=cache", "data.shape=[1,28,28]"]
PLAIN = ["~callbacks.measure", "~callbacks.best"]
TOLD = ["train", "generator=conditional", "discriminator=conditional"]

# What is typed, and what the one sentence must say; {bad} is the folder that `bad` fills.
CASES = {
    # Words.
    "a name in a list": (
        ["train", *SMALL, "generator.widths.first=3"],
        "what is in a list is named by its number, as in generator.widths.0",
    ),
    "unknown verb": (["trian"], "no verb trian: did you mean train?"),
    "unknown key": (["train", "modl.k=2"], "modl.k is not a setting: did you mean model.k?"),
    "unknown key of another verb": (["sample", "ckp=x"], "not a setting: did you mean ckpt?"),
    "unknown key in a group": (
        ["train", "model.latent=2"],
        "model.latent is not a setting: did you mean model.latent_dim?",
    ),
    "unknown key added": (
        ["train", "+model.latent=2"],
        "model.latent is not a setting of GAN: did you mean latent_dim?",
    ),
    "unknown key in a dictionary": (["train", "loss={shift: 1}"], "loss.shift is not a setting"),
    "unknown key taken away": (["train", "~modl.k"], "did you mean model.k?"),
    "unknown key of the option chosen": (
        ["train", *SMALL, "generator.width=64"],
        "generator.width is not a setting: did you mean generator.widths?",
    ),
    "key of another option": (
        ["train", "optimizer=sgd", "optimizer.generator.betas=[0,0.9]"],
        "optimizer.generator.betas is not a setting: ",
    ),
    "a group without a plus": (["train", "sweep=latent_k"], "give +sweep=..."),
    "a group of a stored run": (
        ["train", "resume={bad}/run", "loss=hinge"],
        "loss cannot be chosen so: set its values, loss.x=..., in a stored run",
    ),
    "a sweep of one run": (["train", "+sweep=latent_k"], "+sweep is for several runs: add -m"),
    "nothing like it": (["train", "zzzz=1"], "zzzz is not a setting: forger train --help lists"),
    "known key added": (["train", "+seed=1"], "An item is already at 'seed'"),
    "unknown option": (["train", "loss=minmax"], "no option minmax: did you mean minimax?"),
    "unknown option in a list": (["train", "callbacks=[grit]"], "did you mean grid?"),
    "unknown experiment": (["train", "experiment=gausian"], "did you mean gaussian_1d?"),
    "no option": (["train", "loss=null"], "~GROUP takes it away"),
    "unreadable": (["train", "model.k"], "model.k"),
    "unreadable value": (["train", "model.k=[1"], "model.k"),
    "unknown reference": (["train", "model.k=${nothing}"], "model.k has no value"),
    "two faults": (
        ["train", "model.k=two", "+data.batchsize=2"],
        "(=two) should be int; data.batchsize is not a setting of MNIST: did you mean batch_size?",
    ),
    "several values": (["train", "seed=0,1"], "forger: seed=0,1 gives several values: add -m"),
    "several runs in one folder": (
        ["train", "resume=run", "seed=1,2", "-m"],
        "resume goes on with one run, in its folder: leave out -m",
    ),
    "a sweep to show": (
        [*TOY, "-m", "--cfg", "job"],
        "--cfg shows the settings of one run: leave out -m",
    ),
    # Groups.
    "two losses": ([*TOY, "loss=[minimax,hinge]"], "loss (=[minimax,hinge]) takes one option"),
    "two experiments": (
        ["train", "experiment=[ring,grid]"],
        "experiment (=[ring,grid]) takes one",
    ),
    "no loss": ([*TOY, "~loss"], "loss is not set: give loss=..."),
    "no data": ([*TOY, "~data"], "data is not set: give data=..."),
    "no model": (
        [*TOY, "~model"],
        "model (={'latent_dim': 1, 'k': 2, 'ema_halflife': 50000}) should be",
    ),
    "one optimizer": ([*TOY, "~optimizer.generator"], "optimizer has discriminator: give"),
    "no callback": ([*TOY, "+callbacks.mine=3"], "callbacks.mine (=3) should be an option"),
    "a loss as a callback": (
        [*TOY, "+callbacks.mine._target_=forger.losses.Hinge"],
        "callbacks.mine._target_ makes a Hinge: no callback",
    ),
    "a loss as a penalty": (
        [*TOY, "+penalty.mine._target_=forger.losses.Hinge"],
        "penalty.mine._target_ makes a Hinge: no penalty",
    ),
    "a loss as data": (
        [*TOY, "data={_target_: forger.losses.Hinge, shape: [1]}"],
        "data",
    ),
    "half a conditional pair": (
        ["train", "generator=conditional"],
        "the generator has classes=10, the discriminator classes=None",
    ),
    "classes of data without": ([*TOLD, "data=gaussian_1d"], "generator.classes has no value"),
    # Values.
    "k": ([*TOY, "model.k=0"], "k (=0) must be at least 1"),
    "latent_dim": ([*TOY, "model.latent_dim=0"], "latent_dim (=0) must be at least 1"),
    "negative width": ([*TOY, "generator.widths=[-3]"], "widths (=[-3]) must be at least 1"),
    "negative size": ([*TOY, "data.size=-4"], "data: size (=-4) must be at least 1"),
    "batch size 0": ([*TOY, "data.batch_size=0"], "batch_size (=0) must be at least 1"),
    "k apart from the data's": ([*TOY, "data.per_iteration=7"], "data.per_iteration (=7) must be"),
    "learning rate 0": ([*TOY, "optimizer.generator.lr=0"], "must be a positive number"),
    "learning rate nan": ([*TOY, "optimizer.generator.lr=nan"], "lr (=nan) must be a finite"),
    "no number": ([*TOY, "data.std=nan"], "data.std (=nan) must be a finite number"),
    "infinite": ([*TOY, "model.ema_halflife=inf"], "model.ema_halflife (=inf) must be a finite"),
    "betas": ([*TOY, "optimizer.generator.betas=[2,3]"], "optimizer.generator: Invalid beta"),
    "one beta": ([*TOY, "optimizer.generator.betas=[0.5]"], "optimizer.generator: "),
    "no gradient clipping": (
        [*TOY, "+callbacks=gradient_clipping", "callbacks.gradient_clipping.generator=0"],
        "gradient_clipping: generator (=0) must be positive",
    ),
    "negative seed": ([*TOY, "seed=-1"], "seed (=-1) must lie in 0..4294967295"),
    "endless seed": ([*TOY, f"seed={10**30}"], "must lie in 0..4294967295"),
    "null name": ([*TOY, "name=null"], "name (=None) should be str"),
    # The trainer.
    "devices": ([*TOY, "trainer.devices=nonsense"], "trainer: `devices` selected with"),
    "no devices": ([*TOY, "trainer.devices=0"], "trainer: `Trainer(devices=0)`"),
    "accelerator": ([*TOY, "trainer.accelerator=quantum"], "trainer: You selected an invalid"),
    "no end": ([*TOY, "trainer.max_steps=-1"], "trainer.max_steps or trainer.max_epochs must be"),
    "no updates": ([*TOY, "trainer.max_steps=0"], "trainer.max_steps or trainer.max_epochs must"),
    "a schedule of no length": (
        [*TOY, "trainer.max_steps=-1", "trainer.max_epochs=2"],
        "schedule.generator.total_iters (=-1) must be at least 1 update: give it, or trainer.max",
    ),
    "interval 0": (
        [*TOY, "trainer.log_every_n_steps=0"],
        "every_n_updates (=0) must be at least 1",
    ),
    "precision": ([*TOY, "trainer.precision=16-mixed"], "must be 32-true, bf16-mixed or, on a GPU"),
    "a logger of the trainer": ([*TOY, "+trainer.logger=true"], "choose it by logger=..."),
    # Shapes.
    "generator and data": (["train", "generator.shape=[1,14,14]"], "data.shape is [1, 28, 28]"),
    "generator and latents": (
        [*TOY, "generator.latent_dim=7"],
        "generator does not take latent vectors of [1]: ",
    ),
    "examples and shape": ([*TOY, "data.shape=[2]"], "data.shape is [2], but the examples are [1]"),
    "batch": (
        [*TOY, "data.batch_size=30000"],
        "must be at most 50000, the number of training examples",
    ),
    # Data.
    "no archives": (
        ["train", *SMALL, "data=fashion_mnist", "data.root=nowhere"],
        "FashionMNIST is not in nowhere/FashionMNIST/raw and could not be downloaded",
    ),
    "truncated archive": (
        ["train", *SMALL, "data=kmnist", "data.root={bad}/truncated"],
        "train-images-idx3-ubyte.gz is corrupt: its MD5 sum is not",
    ),
    "another magic number": (
        ["train", *SMALL, "data=kmnist", "data.root={bad}/magic"],
        "train-labels-idx1-ubyte.gz is corrupt: its MD5 sum is not",
    ),
    "no folder": ([*FOLDER, "data.folder=nowhere"], "data.folder (=nowhere) is no folder"),
    "a file as a folder": ([*FOLDER, "data.folder={bad}/file"], "file) is no folder"),
    "folder not given": ([*FOLDER], "data.folder is not set: give data.folder=..."),
    "empty folder": ([*FOLDER, "data.folder={bad}/empty"], "holds no images: .jpg"),
    "damaged image": (
        [*FOLDER, "data.folder={bad}/damaged"],
        "cannot be read: a.png; mend or remove them, or give data.corrupt=skip",
    ),
    "no readable image": (
        [*FOLDER, "data.folder={bad}/damaged", "data.corrupt=skip"],
        "none of the 1 images",
    ),
    "too few images of mixed sizes": (
        [*FOLDER, "data.folder={bad}/images"],
        "data.batch_size (=64) times model.k (=1) must be at most 8",
    ),
    "a class missing": (
        [*TOLD, *SQUARE, "data.folder={bad}/images", "data.batch_size=2", "data.classes=3"],
        "data.classes is 3, but no training example is of class 2",
    ),
    "a class too many": (
        [*FOLDER, "data.folder={bad}/images", "data.batch_size=2", "data.classes=1"],
        "data.classes is 1, but labels of the",
    ),
    # Checkpoints and runs.
    "checkpoint not given": (["sample"], "ckpt is not set: give ckpt=..."),
    "missing checkpoint": (["sample", "ckpt=nowhere"], "no file nowhere"),
    "foreign checkpoint": (["sample", "ckpt={bad}/foreign.ckpt"], "foreign.ckpt is no checkpoint"),
    "hollow checkpoint": (["sample", "ckpt={bad}/hollow.ckpt"], "hollow.ckpt is no checkpoint"),
    "truncated checkpoint": (["sample", "ckpt={bad}/truncated.ckpt"], "truncated.ckpt is damaged"),
    "text for a checkpoint": (["sample", "ckpt={bad}/file"], "file is damaged or no checkpoint"),
    "another network's weights": (
        ["sample", "ckpt={bad}/mixed.ckpt"],
        "mixed.ckpt holds other networks than the settings make",
    ),
    "no samples": (["sample", "ckpt={bad}/run", "n=0"], "n (=0) must be at least 1"),
    "label of no class": (
        ["sample", "ckpt={bad}/run", "npz=true", "label=3"],
        "label (=3) means nothing",
    ),
    "missing run": (["train", "resume=nowhere"], "no file nowhere"),
    "foreign run": (["train", "resume={bad}/foreign.ckpt"], "lies in no run folder"),
    "weights alone": (
        ["train", "resume={bad}/weights", "trainer.max_steps=9"],
        "last.ckpt holds a GAN alone, and no state of a run to go on with",
    ),
    "finished run": (
        ["train", "resume={bad}/run"],
        "last.ckpt is the end of its run, update 3, and of its schedule: start one of trainer.max",
    ),
    "finished run at a constant rate": (
        ["train", "resume={bad}/constant"],
        "last.ckpt is the end of its run, update 3: to go on give trainer.max_steps=6",
    ),
    "another end of the schedule": (
        ["train", "resume={bad}/run", "trainer.max_steps=9"],
        "schedule.generator.total_iters cannot change when a run goes on: leave it 3, or start",
    ),
    "another learning rate": (
        ["train", "resume={bad}/run", "optimizer.generator.lr=1e-5", "trainer.max_steps=9"],
        "optimizer.generator.lr cannot change when a run goes on: leave it ",
    ),
    "changed architecture": (
        ["train", "resume={bad}/run", "generator.widths=[9]", "trainer.max_steps=9"],
        "last.ckpt holds other networks than the settings make: leave model, generator and",
    ),
    "a file for a folder": (
        [*TOY, "hydra.run.dir={bad}/file"],
        "file: File exists; another folder is given by hydra.run.dir=...",
    ),
    "report of nothing": (
        ["report", "{bad}/empty"],
        "holds no run: no folder in it has a run.json",
    ),
}
if not torch.cuda.is_available():
    CASES["GPU"] = ([*TOY, "trainer=gpu"], "no GPU here: take trainer=cpu")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that are not what they should be, and a run that is."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "file").write_text("no checkpoint")
    (folder / "empty").mkdir()
    for root, archive in (("truncated", "train-images-idx3"), ("magic", "train-labels-idx1")):
        raw = folder / root / "KMNIST" / "raw"
        raw.mkdir(parents=True)
        (raw / f"{archive}-ubyte.gz").write_bytes(b"\x1f\x8b")
    (folder / "damaged").mkdir()
    (folder / "damaged" / "a.png").write_bytes(b"\x89PNG\r\n")
    for i in range(10):
        image = folder / "images" / "ab"[i % 2] / f"{i}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8 + i, 9), 25 * i, np.uint8)).save(image)

    settings = ["experiment=gaussian_1d", "trainer.max_steps=3"]
    config, constant = composed(*settings), composed(*settings, "schedule=constant")
    gan = build(config)
    whole = {"config": gan.config, "state_dict": gan.state_dict(), "global_step": 3}
    other = build(composed("experiment=gaussian_1d", "generator.widths=[9]")).state_dict()
    torch.save({"state_dict": {}}, folder / "foreign.ckpt")
    torch.save(whole | {"config": {}}, folder / "hollow.ckpt")
    torch.save(whole | {"state_dict": other}, folder / "mixed.ckpt")
    run = {"optimizer_states": [], "loops": {}}
    for name, more, settings in (
        ("weights", {}, config),
        ("run", run, config),
        ("constant", run | {"config": build(constant).config}, constant),
    ):
        for part in ("checkpoints", "config"):
            (folder / name / part).mkdir(parents=True)
        torch.save(whole | more, folder / name / "checkpoints" / "last.ckpt")
        OmegaConf.save(settings, folder / name / "config" / "config.yaml")
        (folder / name / "summary.json").write_text('{"status": "done"}')
    saved = (folder / "run" / "checkpoints" / "last.ckpt").read_bytes()
    (folder / "truncated.ckpt").write_bytes(saved[: len(saved) // 2])
    return folder


@pytest.fixture
def untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    """What should be refused before training must not get there."""

    def fit(*_: object, **__: object) -> None:
        raise AssertionError("it trains")

    monkeypatch.setattr(pytorch_lightning.Trainer, "fit", fit)
    # Nobody listens there: whatever asks the internet is refused at once. urllib keeps the opener
    # that it made with the proxies of its first request: none from before, none for later tests.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for proxy in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.slow
@pytest.mark.usefixtures("untrained")
@pytest.mark.parametrize(("arguments", "sentence"), CASES.values(), ids=CASES.keys())
def test_bad_input_gets_one_clear_sentence_and_leaves_nothing(
    forger: Forger, tmp_path: Path, bad: Path, arguments: list[str], sentence: str
) -> None:
    before = contents(bad)
    said = forger(*(argument.replace("{bad}", str(bad)) for argument in arguments))
    assert said.startswith("forger: ")
    assert sentence in said
    # Images that were decoded are kept, all of them.
    assert [file for file in contents(tmp_path) if not file.startswith("cache/")] == []
    assert contents(bad) == before


def test_what_is_refused_leaves_no_empty_folder_and_takes_none_away(
    forger: Forger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forger("sample", "ckpt=none.ckpt")
    forger("train", "model.k=0")
    for folder in ("samples", "runs/default"):
        assert list((tmp_path / "outputs" / folder).iterdir()) == []
    (empty := tmp_path / "empty").mkdir()
    monkeypatch.chdir(empty)
    forger("info", "ckpt=none.ckpt")
    assert empty.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"sha256": "0" * 64}, "mine.safetensors is not the evaluator that mine.json tells of"),
        (None, "mine.json is damaged: restore the file"),
        ({}, "data.evaluator (=mine) sees images of [1, 28, 28], and these data are of [1, 8, 8]"),
    ],
    ids=["hash", "damaged", "size"],
)
def test_an_evaluator_that_does_not_fit_is_refused_before_the_first_update(
    forger: Forger, tmp_path: Path, bad: Path, about: dict[str, str] | None, sentence: str
) -> None:
    file = tmp_path / "cache" / "evaluators" / "mine.safetensors"
    evaluator.save(evaluator.Evaluator(), file, {})
    facts = file.with_suffix(".json")
    facts.write_text("{" if about is None else json.dumps(json.loads(facts.read_text()) | about))
    settings = [f"data.folder={bad}/images", "data.batch_size=2", "data.evaluator=mine"]
    assert sentence in forger(*FOLDER, *settings)
    assert not list(tmp_path.rglob("*.ckpt"))
