#!/usr/bin/env bash
# pythae 0.1.2, torch 2.14.1, scikit-learn 1.9.1, scipy 1.17.1, numpy 2.4.6, Python 3.11.
# get_nll of the autoencoders of pythae is to estimate the negative log-likelihood of images, of which the
# smaller is the better. It gives the log-likelihood itself: the values have the other sign, and whoever
# chooses the model of the smallest one has the worst. n_samples, the number of latent vectors that are drawn
# for each image, which is 1 unless it is given, is rounded to whole batches of 100: with 1 it draws 100 as
# well as with 150. A bound on the likelihood becomes tighter with the samples, so that numbers of an
# n_samples of 1 cannot be compared with those of other programs. No warning; -get_nll with n_samples as a
# multiple of batch_size is right.
# Output (a decoder of one level of grey, whose likelihood is known):
#                        get_nll   exact   samples asked for: 1    50   150   300
#   grey as the images    -14.78   14.78   samples drawn:    100   100   100   300
#   white                 -64.69   64.69   samples drawn:    100   100   100   300
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q pythae==0.1.2 torch==2.14.1 scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch

warnings.filterwarnings("ignore")
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder


class Encoder(BaseEncoder):
    """The posterior is the prior."""

    def forward(self, x):
        zeros = torch.zeros(len(x), 1)
        return ModelOutput(embedding=zeros, log_covariance=zeros)


class Decoder(BaseDecoder):
    """Every image is one level of grey, whatever the latent vector."""

    def __init__(self, grey):
        super().__init__()
        self.grey, self.asked = grey, 0

    def forward(self, z):
        self.asked += len(z)
        return ModelOutput(reconstruction=torch.full((len(z), 1, 4, 4), self.grey))


images = 0.5 + 0.1 * torch.randn(10, 1, 4, 4, generator=torch.Generator().manual_seed(0))
seen = {}
print(f"{'':<20} get_nll   exact   samples asked for: 1    50   150   300")
for name, grey in (("grey as the images", 0.5), ("white", 3.0)):
    decoder = Decoder(grey)
    model = VAE(VAEConfig(input_dim=(1, 4, 4), latent_dim=1), encoder=Encoder(), decoder=decoder)
    exact = -torch.distributions.Normal(grey, 1).log_prob(images).sum((1, 2, 3)).mean().item()
    counts = []
    for samples in (1, 50, 150, 300):
        decoder.asked = 0
        got = model.get_nll(images, n_samples=samples)
        counts.append(decoder.asked // len(images))
    seen[name] = got, exact, counts
    print(f"{name:<20} {got:7.2f} {exact:7.2f}   samples drawn: ", *(f"{count:5}" for count in counts))
for got, exact, counts in seen.values():
    assert abs(got + exact) < 1e-3 < exact, "the sign has changed"
    assert counts == [100, 100, 100, 300], "the number of samples has changed"
assert seen["white"][0] < seen["grey as the images"][0], "the order has changed"
PY
environment/bin/python look.py
