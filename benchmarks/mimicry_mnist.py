"""mimicry's SNGAN or DCGAN on MNIST, with mimicry's own networks, losses, trainer and settings.

python benchmarks/peers.py benchmarks/mimicry_mnist.py SECONDS OUT.npz --latent-dim 128 -- sngan

mimicry has no MNIST, and its networks make 32 x 32 pixels of three channels: digits are brought to
that size, and their grey is in each channel. It needs mimicry at a commit after 0.1.16, which does
not import beside a torch of today, and `pip install tensorflow-cpu scikit-image scikit-learn`.
"""

import sys

import torch
from torch.utils.data import DataLoader
from torch_mimicry.nets import dcgan, sngan  # pyright: ignore[reportMissingImports]
from torch_mimicry.training import Trainer  # pyright: ignore[reportMissingImports]
from torchvision import datasets, transforms

networks = {
    "sngan": (sngan.SNGANGenerator32, sngan.SNGANDiscriminator32),
    "dcgan": (dcgan.DCGANGenerator32, dcgan.DCGANDiscriminator32),
}
make_generator, make_discriminator = networks[sys.argv[1]]

torch.manual_seed(0)
generator, discriminator = make_generator(), make_discriminator()
prepare = transforms.Compose(
    [
        transforms.Resize(32),
        transforms.Grayscale(3),
        transforms.ToTensor(),
        transforms.Normalize([0.5] * 3, [0.5] * 3),
    ]
)
digits = datasets.MNIST("../../data/mnist", download=True, transform=prepare)
# The settings of mimicry's examples/sngan_example.py, and the steps of its README.
Trainer(
    netG=generator,
    netD=discriminator,
    optG=torch.optim.Adam(generator.parameters(), 2e-4, betas=(0.0, 0.9)),
    optD=torch.optim.Adam(discriminator.parameters(), 2e-4, betas=(0.0, 0.9)),
    dataloader=DataLoader(digits, batch_size=64, shuffle=True),
    n_dis=5,
    num_steps=100_000,
    lr_decay="linear",
    device=torch.device("cpu"),
).train()
