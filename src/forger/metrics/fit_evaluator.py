"""Training of the evaluator."""

from collections.abc import Iterable, Iterator
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from forger.checks import check_positive
from forger.metrics.evaluator import Evaluator


def fit_evaluator(
    images: Tensor,
    labels: Tensor,
    test_images: Tensor,
    test_labels: Tensor,
    *,
    classes: int = 10,
    seed: int = 0,
    epochs: int = 8,
    batch_size: int = 128,
    learning_rate: float = 0.02,
    weight_decay: float = 0.01,
    shift: int = 2,
) -> tuple[Evaluator, float]:
    """Train an evaluator; return it and the test accuracy (0 to 1) of its final weights.

    `images` and `test_images` are uint8 (n, C, H, W), the labels int64 (n,), all on the device to
    train on. Each image is moved by up to `shift` pixels each time it is seen. AdamW under a
    one-cycle schedule (Smith and Topin 2019) that peaks at `learning_rate`. The test images choose
    nothing. The same seed gives the same weights bit for bit on the same CPU with the same number
    of threads, whatever was drawn before, and the global random state is left as found.

    Raises ValueError if epochs or batch_size is below 1.
    """
    check_positive(epochs=epochs, batch_size=batch_size)
    with torch.random.fork_rng(devices=[]):
        # torch.manual_seed would seed the GPU's generator too, and all numbers are the CPU's.
        torch.default_generator.manual_seed(seed)
        shape = (images.shape[1], images.shape[2], images.shape[3])
        evaluator = Evaluator(shape, classes).to(images.device)
        network = nn.Sequential(evaluator.body, evaluator.head).requires_grad_(True).train()
        network.to(memory_format=torch.channels_last)
        optimizer = AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
        updates = epochs * ceil(len(images) / batch_size)
        schedule = OneCycleLR(optimizer, learning_rate, total_steps=updates)
        for _ in range(epochs):
            fit_epoch(network, minibatches(images, labels, batch_size, shift), optimizer, schedule)
        network.requires_grad_(False).eval().to(memory_format=torch.contiguous_format)
    predicted = torch.cat([evaluator(batch).argmax(1) for batch in test_images.split(500)])
    return evaluator, (predicted == test_labels).double().mean().item()


def fit_epoch(
    network: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    optimizer: Optimizer,
    schedule: LRScheduler,
) -> None:
    """One step of the optimizer and of the schedule for each minibatch."""
    for x, label in batches:
        optimizer.zero_grad()
        F.cross_entropy(network(x), label).backward()  # logits (batch, classes)
        optimizer.step()
        schedule.step()


def minibatches(
    images: Tensor, labels: Tensor, batch_size: int, shift: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """All images in a random order, moved: float (batch, C, H, W) in [0, 1], labels (batch,)."""
    # On the CPU: the same order on every device.
    order = torch.randperm(len(images)).to(images.device)
    for batch in order.split(batch_size):
        yield shifted(images[batch], shift) / 255, labels[batch]


def shifted(images: Tensor, by: int) -> Tensor:
    """Move each image by its own whole number of pixels, -by to by on each axis, onto zeros."""
    n, _, height, width = images.shape
    # (2, n, 1), offsets into the padded image.
    down, right = torch.randint(2 * by + 1, (2, n, 1), device="cpu").to(images.device)
    rows = down + torch.arange(height, device=images.device)  # (n, H)
    columns = right + torch.arange(width, device=images.device)
    each = torch.arange(n, device=images.device)[:, None, None]
    padded = F.pad(images, (by, by, by, by))  # (n, C, H + 2 by, W + 2 by)
    # (n, H, W, C) -> (n, C, H, W)
    return padded[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
