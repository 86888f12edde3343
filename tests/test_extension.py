"""What someone adds from outside of the package: one file and one YAML each, no line of Forger."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tiny import events

FILES = {
    "my_loss.py": """
        from torch.nn.functional import softplus


        class Shifted:

            def __init__(self, shift):
                self.shift = shift

            def discriminator(self, real, fake):
                return self.shift + softplus(-real).mean() + softplus(fake).mean()

            def generator(self, real, fake):
                return softplus(-fake).mean()
    """,
    "my_conf/loss/mine.yaml": """
        _target_: my_loss.Shifted
        shift: 100.0
    """,
    "my_network.py": """
        from torch import nn


        class Painter(nn.Module):
            value_range = (0.0, 1.0)

            def __init__(self, latent_dim, shape):
                super().__init__()
                self.paint = nn.Linear(latent_dim, shape[0] * shape[1] * shape[2])
                self.shape = tuple(shape)

            def forward(self, z):
                return self.paint(z).sigmoid().unflatten(1, self.shape)
    """,
    "my_conf/generator/mine.yaml": """
        _target_: my_network.Painter
        latent_dim: ${model.latent_dim}
        shape: ${data.shape}
    """,
    "my_data.py": """
        import torch

        from forger.data.memory import InMemory
        from forger.data.minibatches import Split


        class Stripes(InMemory):
            def load(self):
                images = torch.zeros(40, *self.shape, dtype=torch.uint8)
                images[..., ::2] = 255
                split = Split(images, torch.zeros(40, dtype=torch.int64))
                return {"train": split, "validation": split, "test": split}
    """,
    "my_conf/data/mine.yaml": """
        _target_: my_data.Stripes
        shape: [1, 28, 28]
        batch_size: 10
        evaluator: mnist
        seed: ${seed}
    """,
    "my_metric.py": """
        class Brightness:
            def __init__(self, scale):
                self.scale = scale

            def __call__(self, fake, real, *, train, validation):
                fakes, reals = (side.images.float().mean().item() for side in (fake, real))
                return {"brightness": self.scale + fakes / 255, "real_brightness": reals}
    """,
    "my_conf/metrics/mine.yaml": """
        mine:
          _target_: my_metric.Brightness
          scale: 50
    """,
    "my_callback.py": """
        from pathlib import Path

        from pytorch_lightning import Callback


        class Diary(Callback):
            def __init__(self, word):
                self.word = word

            def on_train_batch_end(self, trainer, gan, *rest):
                with Path(trainer.default_root_dir, "diary.txt").open("a") as diary:
                    diary.write(f"{self.word} {trainer.global_step}\\n")
    """,
    "my_conf/callbacks/mine.yaml": """
        mine:
          _target_: my_callback.Diary
          word: update
    """,
}


@pytest.mark.slow
def test_a_loss_network_data_set_metric_and_callback_from_outside_train(
    forger: Callable[..., str], tmp_path: Path
) -> None:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        file.write_text("\n".join(line.removeprefix(" " * 8) for line in lines) + "\n")

    forger(
        "train",
        "hydra.searchpath=[file://my_conf]",
        "loss=mine",
        "generator=mine",
        "discriminator=mlp",
        "data=mine",
        "+callbacks=mine",
        "callbacks.mine.word=step",
        "metrics=[mine]",
        "callbacks.measure.every_n_updates=3",
        "callbacks.measure.n=20",
        "~callbacks.best",
        "name=mine",
        "trainer.max_steps=6",
        "trainer.log_every_n_steps=3",
        "model.k=2",
    )
    run = tmp_path / "outputs" / "runs" / "default" / "mine"
    steps = [f"step {i}" for i in range(1, 7)]
    assert (run / "diary.txt").read_text().splitlines() == steps
    assert all(event.value > 100 for event in events(run).Scalars("loss/discriminator"))
    brightness = events(run).Scalars("metric/brightness")
    assert [event.step for event in brightness] == [3, 6]
    assert all(50 < event.value < 51 for event in brightness)
    assert [e.value for e in events(run).Scalars("metric/real_brightness")] == [127.5] * 2
    checkpoint = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    assert "generator.paint.weight" in checkpoint["state_dict"]
    assert Image.open(run / "samples.png").size == (12 * 30 + 2, 8 * 30 + 2)

    trust = "trust=[my_callback,my_data,my_loss,my_metric,my_network]"
    assert forger("info", f"ckpt={run}").endswith(f"forger train repeat={run} '{trust}'\n")
    forger("train", "resume=outputs/runs/default/mine", trust, "trainer.max_steps=7")
    assert (run / "diary.txt").read_text().splitlines() == [*steps, "step 7"]
    forger("sample", f"ckpt={run}", trust, "n=3", "npz=true", "hydra.run.dir=drawn")
    assert np.load(tmp_path / "drawn" / "samples.npz")["samples"].shape == (3, 1, 28, 28)
