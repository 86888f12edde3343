"""A metric: named numbers that tell how good samples are."""

from forger.metrics.samples import Samples


class MeanDistance:
    """Euclidean distance between the means of samples and data: `mean_distance`."""

    def __call__(
        self, fake: Samples, real: Samples, *, train: Samples, validation: Samples
    ) -> dict[str, float]:
        # Points (n, d); of images, `features` are what the evaluator makes of them.
        difference = fake.features.mean(0) - real.features.mean(0)
        return {"mean_distance": difference.norm().item()}
