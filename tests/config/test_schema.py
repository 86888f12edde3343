from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from forger.config.messages import nearest
from forger.config.schema import check, target_errors
from forger.config.settings import Train
from forger.errors import ForgerError
from forger.verbs.sample import Settings
from tiny import composed


def complaint(*overrides: str) -> str:
    with pytest.raises(ForgerError) as refused:
        check(composed("generator=mlp", "discriminator=mlp", *overrides), Train)
    return str(refused.value)


def test_the_default_configuration_passes_and_comes_back_in_plain_values() -> None:
    plain = check(composed(), Train)
    assert type(plain) is dict
    assert plain["discriminator"]["shape"] == [1, 28, 28]
    assert type(plain["discriminator"]["shape"]) is list


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("+sed=1", "sed is not a setting of Train: did you mean seed?"),
        ("+model.laten_dim=2", "model.laten_dim is not a setting of GAN: did you mean latent_dim?"),
        ("+generator.deepness=2", "generator.deepness is not a setting of Generator: give one of"),
        ("+data.batchsize=2", "data.batchsize is not a setting of MNIST: did you mean batch_size?"),
        ("+callbacks.grid.row=2", "callbacks.grid.row is not a setting of SampleGrid"),
        # Classes of other packages.
        (
            "+optimizer.generator.beta=1",
            "optimizer.generator.beta is not a setting of Adam: did you mean betas?",
        ),
        ("+trainer.max_step=9", "trainer.max_step is not a setting of Trainer: did you mean max_s"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(override: str, sentence: str) -> None:
    assert sentence in complaint(override)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("seed=x", "seed (=x) should be a whole number"),
        ("model.k=two", "model.k (=two) should be a whole number"),
        ("model.k=1.5", "model.k (=1.5) should be a whole number"),
        ("model.k=true", "model.k (=true) should be a whole number"),
        ("model.k=null", "model.k (=null) should be a whole number"),
        ("model.ema_halflife=long", "model.ema_halflife (=long) should be a number"),
        (
            "model.prior=cauchy",
            "model.prior (=cauchy) should be 'normal' or 'uniform' or a node with a _target_",
        ),
        ("discriminator.widths=8", "discriminator.widths (=8) should be"),
        ("discriminator.widths=[8,b]", "discriminator.widths (=[8, 'b']) should be"),
        (
            "callbacks.checkpoint.keep_all=1",
            "callbacks.checkpoint.keep_all (=1) should be true",
        ),
        (
            "callbacks.checkpoint.every_n_minutes=x",
            "every_n_minutes (=x) should be a number",
        ),
        ("generator={_target_: forger.networks.nothing.G}", "generator._target_ (=forger.networks"),
    ],
)
def test_a_value_of_another_type_is_answered_with_the_right_one(
    override: str, sentence: str
) -> None:
    assert sentence in complaint(override)


@pytest.mark.parametrize("rate", ["0", "-1e-4", "fast"])
@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_a_learning_rate_that_would_not_learn_is_refused(network: str, rate: str) -> None:
    said = complaint(f"optimizer.{network}.lr={rate}")
    assert f"optimizer.{network}.lr (=" in said
    assert "must be a positive number" in said


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("+trainer.gradient_clip_val=1", "give +callbacks=gradient_clipping"),
        ("+trainer.accumulate_grad_batches=2", "raise data.batch_size"),
        ("+trainer.gradient_clip_algorithm=value", "give +callbacks=gradient_clipping"),
        (
            "+trainer.overfit_batches=1",
            "overfit_batches (=1) has no effect here: give trainer.max_steps",
        ),
        ("+trainer.limit_train_batches=2", "limit_train_batches (=2) has no effect here"),
        ("+trainer.limit_train_batches=1", "limit_train_batches (=1) has no effect here"),
        ("+trainer.val_check_interval=0.5", "callbacks.measure.every_n_updates"),
        ("+trainer.check_val_every_n_epoch=2", "has no effect here: there is no validation loop"),
        ("+trainer.fast_dev_run=true", "has no effect here: give debug=smoke"),
        (
            "+trainer.strategy={_target_: pytorch_lightning.strategies.DDPStrategy}",
            "give trainer=ddp",
        ),
        ("trainer.precision=16-true", "(=16-true) must be 32-true, bf16-mixed or, on a GPU, 16-mi"),
        ("trainer.precision=16-mixed", "(=16-mixed) must be 32-true, bf16-mixed or, on a GPU"),
    ],
)
def test_what_two_optimizers_do_not_take_of_a_trainer_is_refused(
    override: str, sentence: str
) -> None:
    assert sentence in complaint(override)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "[1.0,nan]"])
@pytest.mark.parametrize("key", ["optimizer.generator.lr", "optimizer.discriminator.betas"])
def test_what_is_no_number_is_refused_at_any_depth(key: str, value: str) -> None:
    assert "must be a finite number" in complaint(f"{key}={value}")


@pytest.mark.parametrize(
    "override",
    [
        "model.ema_halflife=5",
        "+trainer.gradient_clip_val=null",
        "+trainer.limit_train_batches=1.0",
        "+trainer.num_sanity_val_steps=0",
        "+trainer.overfit_batches=0",
        "+trainer.accumulate_grad_batches=1",
        # What DDPStrategy does not know it hands to torch.
        "+trainer.strategy={_target_: pytorch_lightning.strategies.DDPStrategy,"
        " find_unused_parameters: true, bucket_cap_mb: 50}",
        "trainer.precision=bf16-mixed",
        "trainer={accelerator: gpu, precision: 16-mixed}",
        "optimizer.generator.lr=1",
        "callbacks.checkpoint.every_n_minutes=null",
        "callbacks.checkpoint.every_n_minutes=3",
        "discriminator.widths=[]",
        "logger=[]",
        "callbacks={}",
        "schedule=cosine",
        "+generator._partial_=false",
    ],
)
def test_what_fits_passes(override: str) -> None:
    check(composed("discriminator=mlp", override), Train)


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (["experiment=ring", "penalty=[]"], "penalty.r1"),
        (["experiment=ring", "callbacks=[checkpoint]"], "callbacks.measure"),
    ],
)
def test_settings_of_what_was_taken_away_are_named_with_the_remedy(
    overrides: list[str], path: str
) -> None:
    group, name = path.split(".")
    sentence = f"{path} has settings, but {group} has no {name}: remove them by ~{path}"
    with pytest.raises(ForgerError) as refused:
        check(composed(*overrides), Train)
    assert str(refused.value) == sentence
    check(composed(*overrides, f"~{path}"), Train)


def test_all_faults_are_told_at_once() -> None:
    said = complaint("model.k=two", "+data.batchsize=2", "optimizer.generator.lr=0", "+sed=1")
    for part in (
        "model.k (=two)",
        "data.batchsize is not",
        "optimizer.generator.lr (=0)",
        "sed is",
    ):
        assert part in said


def test_a_node_nested_in_another_is_held_to_its_signature_too() -> None:
    assert "data.dataset.pth is not a setting of get_class" in complaint("+data.dataset.pth=x")


def test_a_mandatory_setting_left_out_is_named() -> None:
    with pytest.raises(ForgerError, match=r"ckpt is not set: give ckpt=\.\.\."):
        check(composed(verb="sample"), Settings)


def test_a_class_that_takes_anything_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "anything_goes.py").write_text(
        "class Loss:\n    def __init__(self, **settings):\n        pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    check(composed("loss._target_=anything_goes.Loss", "+loss.colour=red"), Train)


@pytest.mark.parametrize(
    ("word", "choices", "answer"),
    [
        ("hinje", ["hinge", "minimax"], ": did you mean hinge?"),
        ("zzz", ["b", "a"], ": give one of a, b"),
        ("zzz", [], ""),
    ],
)
def test_nearest(word: str, choices: list[str], answer: str) -> None:
    assert nearest(word, choices) == answer


def test_a_plain_dictionary_of_settings_is_checked_without_hydra() -> None:
    settings: dict[str, Any] = {
        "ckpt": "a",
        "label": None,
        "codes": None,
        "n": 1,
        "seed": 0,
        "columns": 8,
        "singles": False,
        "npz": False,
        "trust": [],
        "sampler": None,
        "out": "a",
    }
    assert check(OmegaConf.create(settings), Settings) == settings
    with pytest.raises(ForgerError, match=r"n \(=many\) should be a whole number"):
        check(OmegaConf.create(settings | {"n": "many"}), Settings)


@pytest.mark.parametrize("halflife", ["0.5", "0.999"])
def test_a_decay_where_a_number_of_images_is_meant_is_refused(halflife: str) -> None:
    with pytest.raises(ForgerError, match=r"^model\.ema_halflife \(=0\.\d+\) must be 0"):
        check(composed(f"model.ema_halflife={halflife}"), Train)


ONE_CYCLE = "{_target_: torch.optim.lr_scheduler.OneCycleLR, _partial_: true, max_lr: 0.1"


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["schedule=cosine", "schedule.generator.T_max=9"], r"generator.T_max \(=9\) must be at"),
        (["schedule=linear", "schedule.discriminator.total_iters=9"], "the rate would be 0 after"),
        ([f"schedule.generator={ONE_CYCLE}, total_steps: 9}}"], "it has no rate after it"),
    ],
)
def test_a_schedule_that_ends_before_the_run_is_refused(
    overrides: list[str], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        check(composed("trainer.max_steps=10", *overrides), Train)
    check(composed("trainer.max_steps=9", *overrides), Train)


def test_a_warm_up_may_end_before_the_run() -> None:
    warm_up = ["schedule.generator.total_iters=9", "schedule.generator.end_factor=1.0"]
    check(composed("schedule=linear", *warm_up, "schedule.generator.start_factor=0.1"), Train)


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (
            [
                "+callbacks.swa._target_=pytorch_lightning.callbacks.StochasticWeightAveraging",
                "+callbacks.swa.swa_lrs=0.1",
            ],
            "callbacks.swa averages the weights of one optimizer",
        ),
        (
            ["+callbacks.lr._target_=pytorch_lightning.callbacks.LearningRateFinder"],
            "callbacks.lr looks for the rate of one optimizer",
        ),
        (
            ["+callbacks.size._target_=pytorch_lightning.callbacks.BatchSizeFinder"],
            "callbacks.size would train with another data.batch_size",
        ),
        (
            [
                "+callbacks.sum._target_=pytorch_lightning.callbacks.GradientAccumulationScheduler",
                "+callbacks.sum.scheduling={0: 2}",
            ],
            "callbacks.sum does not work with two optimizers",
        ),
        (
            ["+callbacks.best.train_time_interval={_target_: datetime.timedelta, minutes: 5}"],
            "callbacks.best.train_time_interval has no effect here",
        ),
    ],
)
def test_callbacks_that_manual_optimization_has_no_use_for_are_refused(
    overrides: list[str], sentence: str
) -> None:
    with pytest.raises(ForgerError, match=sentence):
        check(composed(*overrides), Train)


def test_what_a_module_cannot_import_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "part.py").write_text("import no_such_package\n")
    (fault,) = target_errors({"_target_": "own_package.part.Part"}, "loss")
    assert fault.endswith("cannot be imported: No module named 'no_such_package' (part.py, line 1)")
