"""Fréchet distance in the features of Inception, for photographs in colour."""

from pathlib import Path

import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from forger.errors import ForgerError
from forger.metrics.samples import Samples

FILE = "pt_inception-2015-12-05-6726825d.pth"


class Inception:
    """Fréchet distance as Heusel et al. 2017 published it (eq. 6): `inception_fid`.

    It is measured in torch-fidelity's 2,048 features of the original Inception v3, with images
    brought to 299 x 299 as there. It was trained on photographs: on digits it means nothing.
    weights: torch-fidelity's file of them; None downloads it. Minutes for thousands of images
    without a GPU.

    Raises ForgerError if the images have not 3 channels, if torch-fidelity is not installed, or if
    the weights are neither there nor to be had.
    """

    needs_evaluator = False  # Inception takes its place
    num_features = 2048

    def __init__(self, weights: str | None) -> None:
        self.weights = weights
        self.metric: FrechetInceptionDistance | None = None
        self.real: Samples | None = None

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        if fake.images.shape[1] != 3:
            raise ForgerError(
                f"metrics.inception takes 3 channels, got {fake.images.shape[1]}: give other"
                " metrics"
            )
        metric = self.metric = (self.metric or self.load()).to(fake.images.device)
        # The features of real images take minutes, and are the same at each measurement.
        metric.reset_real_features = self.real is not real
        metric.reset()
        if self.real is not real:
            self.update(metric, real, is_real=True)
            self.real = real
        self.update(metric, fake, is_real=False)
        return {"inception_fid": metric.compute().item()}

    def update(self, metric: FrechetInceptionDistance, samples: Samples, is_real: bool) -> None:
        # 50 images of 299 x 299 fit in the memory of a small machine.
        for batch in samples.images.split(50):
            metric.update(batch.to(metric.device), real=is_real)

    def load(self) -> FrechetInceptionDistance:
        if self.weights is not None:
            try:
                # torch-fidelity would unpickle whatever the file holds.
                torch.load(Path(self.weights).expanduser(), weights_only=True)
            except Exception as error:
                raise ForgerError(
                    f"metrics.inception.weights (={self.weights}) is not a file of weights: give"
                    f" torch-fidelity's {FILE}"
                ) from error
        try:
            # The samples are complete here, and other processes may not be measuring.
            return FrechetInceptionDistance(
                feature_extractor_weights_path=self.weights, sync_on_compute=False
            )
        except ModuleNotFoundError as error:
            raise ForgerError(
                "metrics.inception needs torch-fidelity: pip install -e '.[inception]'"
            ) from error
        except OSError as error:
            raise ForgerError(
                "Inception's weights could not be downloaded: connect to the internet, or give"
                f" metrics.inception.weights=<path of {FILE}>"
            ) from error
