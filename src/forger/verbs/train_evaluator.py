"""`forger train-evaluator`: the classifier that metrics see images through."""

from pathlib import Path

import torch
from omegaconf import DictConfig

from forger.build import make
from forger.data.memory import InMemory
from forger.data.minibatches import Split
from forger.errors import ForgerError
from forger.metrics.evaluator import fit_evaluator, save
from forger.schema import TrainEvaluator, check


def run(config: DictConfig) -> None:
    """Train on all labelled training images, and keep the weights with what is known of them."""
    settings = check(config, TrainEvaluator)
    data: InMemory = make(config, "data")
    if data.evaluator is None:
        raise ForgerError("data.evaluator is not set: these data have no classes to tell apart")
    data.prepare_data()
    data.setup("fit")
    parts = zip(data.splits["train"], data.splits["validation"], strict=True)
    train = data.splits["train"] = Split(*map(torch.cat, parts))
    test = data.splits["test"]
    names = ("seed", "epochs", "batch_size", "learning_rate", "weight_decay", "shift")
    chosen = {name: settings[name] for name in names}
    classes = data.classes or int(train.labels.max()) + 1
    evaluator, accuracy = fit_evaluator(*train, *test, classes=classes, **chosen)
    out = config.out or data.root / "evaluators" / f"{data.evaluator}.safetensors"
    facts = {"accuracy": accuracy, "data": data.evaluator, "data_sha256": data.checksum}
    # Other threads, other sums, other bits.
    facts |= {"threads": torch.get_num_threads(), **chosen}
    save(evaluator, Path(out), {name: str(fact) for name, fact in facts.items()})
    print(f"{accuracy:.2%} of {len(test.labels)} test images right; weights in {out}")
