"""A class-conditional generator by gains and biases of its batch normalisation."""

from torch import Tensor, nn

from forger.checks import check_positive
from forger.errors import ForgerError


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation with a gain and a bias for each class (de Vries et al. 2017, section 4).

    Features (m, channels, ...) to as many. norm: what is normalised by; its own gain and bias are
    those that every class starts from. `label`, int64 (m,), says the classes of the minibatch.
    """

    def __init__(self, norm: nn.BatchNorm1d | nn.BatchNorm2d, classes: int) -> None:
        super().__init__()
        check_positive(classes=classes)
        gain, bias = norm.weight.detach(), norm.bias.detach()
        # affine=False: gains and biases are those of the class, below.
        self.norm = type(norm)(norm.num_features, norm.eps, norm.momentum, affine=False)
        self.gain = nn.Parameter(gain.repeat(classes, 1))  # (classes, channels)
        self.bias = nn.Parameter(bias.repeat(classes, 1))
        self.label: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        assert self.label is not None
        ones = [1] * (x.ndim - 2)
        # (m, channels, 1, ...).
        gain, bias = (each[self.label].unflatten(1, (-1, *ones)) for each in (self.gain, self.bias))
        return gain * self.norm(x) + bias


class Generator(nn.Module):
    """Any generator with batch normalisation, whose gains and biases are then those of the class.

    Latent vectors (m, latent_dim) and labels, int64 (m,), to examples (m, *shape).
    classes: number of classes. Raises ForgerError for a body without batch normalisation.
    """

    def __init__(self, body: nn.Module, classes: int) -> None:
        super().__init__()
        self.classes = classes
        self.value_range = body.value_range
        # A list, since the loop replaces modules of the body.
        for module in list(body.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                    setattr(module, name, ConditionalBatchNorm(child, classes))
        self.body = body
        if not self.norms():
            raise ForgerError(
                f"body (={type(body).__module__}) has no batch normalisation that could take the"
                " class: give generator@generator.body=dcgan, resnet, subpixel or mlp"
            )

    def norms(self) -> list[ConditionalBatchNorm]:
        return [layer for layer in self.body.modules() if isinstance(layer, ConditionalBatchNorm)]

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        for norm in self.norms():
            # The body passes x alone from layer to layer, so the label is set from outside.
            norm.label = label
        x = self.body(z)
        for norm in self.norms():
            # A label that stays would be copied with the network.
            norm.label = None
        return x
