#!/usr/bin/env bash
# gigagan-pytorch 0.3.0, open-clip-torch 2.32.0, torch 2.14.1, torchvision 0.29.1, numpy 2.4.6, Python 3.11.
# GigaGAN of gigagan-pytorch trains a discriminator by images with texts. Real images with their texts are to be
# called real; as what matches is to be learned too, the same images with the texts of others are to be called
# fake. For the texts of the first part it draws a second batch from the loader, and takes those of this batch,
# of which it never looks at the images. For the second part it moves the texts on by one image, and then takes
# those that were not moved. So real images with texts of others are called real, and with their own fake: the
# discriminator learns the opposite of what it is for, and the images of the second batch are never used. No
# warning; the losses look as usual.
# Output (images whose brightness is their text; what the discriminator is asked in one step):
#   to be called   images             brightness        texts
#   fake           generated                            0.4 0.5 0.6 0.7
#   real           real               0.0 0.1 0.2 0.3   0.4 0.5 0.6 0.7
#   fake           generated                            0.0 0.1 0.2 0.3
#   fake           real               0.0 0.1 0.2 0.3   0.0 0.1 0.2 0.3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv environment
environment/bin/pip install -q gigagan-pytorch==0.3.0 open-clip-torch==2.32.0 torch==2.14.1 torchvision==0.29.1 \
  numpy==2.4.6
cat > look.py <<'PY'
import warnings

import torch

warnings.filterwarnings("ignore")
from gigagan_pytorch import GigaGAN
from gigagan_pytorch.gigagan_pytorch import TextEncoder, aux_matching_loss, discriminator_hinge_loss
from gigagan_pytorch.open_clip import OpenClipAdapter

torch.manual_seed(0)
# Nothing is downloaded: the weights of the network for texts are those it starts with.
clip = OpenClipAdapter(name="ViT-S-32", pretrained=None, tokenizer_name="ViT-S-32")
text = {"clip": clip, "dim": 16, "depth": 1, "heads": 1, "dim_head": 16}
size = {"image_size": 32, "dim_capacity": 4, "dim_max": 16}
style = {"dim": 16, "depth": 1, "dim_text_latent": 16}
gan = GigaGAN(
    generator={**size, "text_encoder": TextEncoder(**text), "style_network": style},
    discriminator={**size, "text_encoder": TextEncoder(**text), "multiscale_input_resolutions": (16,)},
    accelerate_kwargs={"cpu": True},
)
asked = []


def look(discriminator, inputs, settings):
    brightness = [f"{value:.1f}" for value in inputs[0].mean((1, 2, 3)).tolist()]
    asked.append((brightness, settings["texts"]))


def batches():
    """Four images at a time, of the brightnesses 0.0, 0.1, 0.2 and so on, and of this as their texts."""
    while True:
        for start in (0.0, 0.4):
            values = [start + step / 10 for step in range(4)]
            images = torch.stack([torch.full((3, 32, 32), value) for value in values])
            yield images, [f"{value:.1f}" for value in values]


gan.D.register_forward_pre_hook(look, with_kwargs=True)
gan.train_discriminator_step(dl_iter=batches())
# What is asked for in the order of the calls: the first loss lowers the logits of what is real.
logits = torch.zeros(4, requires_grad=True)
loss = discriminator_hinge_loss(logits[1], logits[0]) + aux_matching_loss(logits[3], logits[2])
called = ["real" if slope > 0 else "fake" for slope in torch.autograd.grad(loss, logits)[0]]
print("to be called   images             brightness        texts")
for name, images, (brightness, texts) in zip(called, ("generated", "real") * 2, asked, strict=True):
    print(f"{name:<14} {images:<18} {' '.join(brightness) if images == 'real' else '':<17} {' '.join(texts)}")
first, second = ["0.0", "0.1", "0.2", "0.3"], ["0.4", "0.5", "0.6", "0.7"]
assert called == ["fake", "real", "fake", "fake"], "the losses have changed"
assert asked[1] == (first, second), "the behaviour has changed"
assert asked[3] == (first, first), "the behaviour has changed"
PY
environment/bin/python look.py
