"""GAN-train and GAN-test: a classifier learns from fakes, or classifies them."""

from forger.checks import check_positive
from forger.metrics.fit_evaluator import fit_evaluator
from forger.metrics.samples import Samples


class GanTrain:
    """GAN-train and GAN-test of Shmelkov et al. 2018 (section 3), for conditional GANs.

    `gan_train`: the accuracy, 0 to 1, on real images of a classifier trained on the fakes and the
    classes that they were asked for; low if fakes are poor or lack variety. `gan_test`: the
    accuracy on the fakes of a classifier trained on real images, the evaluator; low if fakes are
    not of the class asked for. The classifier is the evaluator's network. The row of real images
    says what as many real ones teach. epochs, seed: of its training, which takes minutes.

    Raises ForgerError if epochs is below 1, or if fakes or real images have no labels.
    """

    def __init__(self, epochs: int, seed: int) -> None:
        check_positive(epochs=epochs)
        self.epochs = epochs
        self.seed = seed

    def __call__(self, fake: Samples, real: Samples, **others: Samples) -> dict[str, float]:
        fakes, reals = (some.known_labels.to(some.images.device) for some in (fake, real))
        _, accuracy = fit_evaluator(
            fake.images,
            fakes,
            real.images,
            reals,
            classes=fake.classifier.classes,
            seed=self.seed,
            epochs=self.epochs,
        )
        right = fake.probabilities.argmax(1) == fakes.cpu()  # (n, classes) -> (n,)
        return {"gan_train": accuracy, "gan_test": right.double().mean().item()}
