"""Agreement of fakes with the classes that they were asked for."""

from forger.errors import ForgerError
from forger.metrics.frechet import Frechet
from forger.metrics.samples import Samples


class Labels:
    """Agreement of fakes with the classes they were asked for.

    `label_accuracy`: the fraction of fakes that the evaluator takes for the class asked for, 0 to
    1. `class_fid`: the mean over classes of the Fréchet distance between the fakes and the real
    images of one class (intra-FID, Miyato and Koyama 2018, section 4); `class_fid_0` and so on: of
    each.
    A class of fewer than two fakes or real images has none.

    Raises ForgerError if either side has no labels or no class has two of both.
    """

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        wanted_labels, true_labels = fake.known_labels.cpu(), real.known_labels.cpu()
        if wanted_labels.max() >= fake.probabilities.shape[1]:
            raise ForgerError(
                f"metrics.labels needs the classes of the evaluator, 0 to"
                f" {fake.probabilities.shape[1] - 1}, but fakes have class {wanted_labels.max()}:"
                " leave it out for data.clusters"
            )
        right = fake.probabilities.argmax(1) == wanted_labels  # (n, classes) -> (n,)
        distances: dict[str, float] = {}
        for label in true_labels.unique().tolist():
            fakes = fake.features[wanted_labels == label]
            reals = real.features[true_labels == label]
            if min(len(fakes), len(reals)) > 1:
                # Features of a class, (n, d), pass as points: their features are themselves.
                points = Samples(fakes, None), Samples(reals, None)
                distances[f"class_fid_{label}"] = Frechet()(*points)["fid"]
        if not distances:
            raise ForgerError("no class has two fakes and two real images: take more samples")
        mean = sum(distances.values()) / len(distances)
        return {"label_accuracy": right.double().mean().item(), "class_fid": mean} | distances
