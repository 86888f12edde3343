"""Every option learns, most on MNIST: `python benchmarks/options.py [ROW …]`.

Trains each setting for 2,000 updates, seed 0, in outputs/runs/options, and prints a Markdown table
of the running Fréchet distance. Runs that came to their end are not made again.
"""

import subprocess
import sys
from pathlib import Path

from forger.runs.curves import read_curves
from forger.runs.folder import read_summary

MEASURED = (500, 1000, 2000)
# The rates and, where a row names no others, the networks of the rows that are recorded.
BASE = ["experiment=dcgan"]
BUDGET = [
    f"trainer.max_steps={MEASURED[-1]}",
    f"callbacks.measure.every_n_updates={MEASURED[0]}",
    "callbacks.measure.n=5000",
    "hydra.run.dir=outputs/runs/options/${name}",
]
MLP = "generator=mlp discriminator=mlp"
HEADS = "generator=mlp discriminator=heads discriminator@discriminator.body=mlp"
# What those options wrap that wrap another network.
G = "generator@generator.body=dcgan"
D = "discriminator@discriminator.body=dcgan"
DIVERGENCE = "penalty=r1 loss=f_divergence loss.divergence"
CRITIC = "loss=wasserstein model.k=5"
SETTINGS = {
    "plain": MLP,
    "minimax": f"{MLP} loss=minimax",
    "least_squares": f"{MLP} loss=least_squares",
    "hinge": f"{MLP} loss=hinge",
    "relativistic": f"{MLP} loss=relativistic",
    "relativistic_average": f"{MLP} loss=relativistic_average",
    "label_smoothing": f"{MLP} loss=label_smoothing",
    "kullback_leibler": f"{MLP} {DIVERGENCE}=kullback_leibler",
    "reverse_kullback_leibler": f"{MLP} {DIVERGENCE}=reverse_kullback_leibler",
    "pearson": f"{MLP} {DIVERGENCE}=pearson",
    "squared_hellinger": f"{MLP} {DIVERGENCE}=squared_hellinger",
    "jensen_shannon": f"{MLP} {DIVERGENCE}=jensen_shannon",
    "wgan": f"{MLP} {CRITIC} +callbacks=weight_clipping callbacks.weight_clipping.limit=0.05",
    "wgan_gp": f"{MLP} {CRITIC} penalty=gradient_penalty",
    "dragan": f"{MLP} penalty=dragan",
    "r1": f"{MLP} penalty=r1",
    "lazy_r1": f"{MLP} penalty=r1 penalty.r1.every=4",
    "r2": f"{MLP} penalty=r2",
    "r1_r2": f"{MLP} loss=relativistic penalty=[r1,r2]",
    "linear_g": "generator=linear discriminator=mlp",
    "linear_d": "generator=mlp discriminator=linear",
    "maxout": "generator=relu discriminator=maxout",
    "dcgan": "generator=dcgan discriminator=dcgan",
    "packed": f"discriminator=packed {D}",
    "subpixel": "generator=subpixel discriminator=subpixel loss=relativistic penalty=[r1,r2]",
    "resnet": "generator=resnet discriminator=resnet loss=hinge",
    "attention": "generator=resnet generator.attention=true discriminator=resnet"
    " discriminator.attention=true loss=hinge",
    "spectral_norm": f"generator=subpixel discriminator=spectral_norm {D} loss=hinge",
    "spectral_norm_g": f"generator=spectral_norm discriminator=spectral_norm {G} {D} loss=hinge",
    "minibatch_stddev": f"discriminator=minibatch_stddev {D}",
    "r3gan": "generator=r3gan discriminator=r3gan loss=relativistic penalty=[r1,r2]",
    "stylegan2": f"generator=stylegan2 discriminator=minibatch_stddev {D} penalty=r1"
    " term=path_length",
    "transformer": "generator=transformer discriminator=transformer loss=relativistic"
    " penalty=[r1,r2]",
    "conditional_batch_norm": f"generator=conditional_batch_norm discriminator=projection {G} {D}",
    "conditional": f"generator=conditional discriminator=conditional {G} {D}",
    "projection": f"generator=conditional discriminator=projection {G} {D}",
    "approximate_r1": f"{MLP} term=approximate_r1",
    "approximate_r2": f"{MLP} term=approximate_r2",
    "approximate_r1_r2": f"{MLP} loss=relativistic term=[approximate_r1,approximate_r2]",
    "logit_centring": f"{MLP} loss=relativistic term=logit_centring",
    "lecam": f"{MLP} term=lecam",
    "mode_seeking": f"{MLP} term=mode_seeking",
    "path_length": f"{MLP} term=path_length",
    "feature_matching": f"{HEADS} term=feature_matching",
    "classification": f"generator=conditional generator@generator.body=mlp {HEADS[14:]}"
    " +discriminator.heads.classes=10 term=classification",
    "codes": f"{HEADS} +discriminator.heads.codes=12 term=mutual_information model.latent_dim=74"
    " model.prior={_target_:forger.latents.Codes,categorical:[10],continuous:2,noise:normal}",
    "truncated": f"{MLP} model.prior={{_target_:forger.latents.Truncated,bound:1.0}}",
    "uniform": f"{MLP} model.prior=uniform",
    "simultaneous": f"{MLP} model=simultaneous",
    "extragradient": f"{MLP} model=extragradient",
    "several_generator_updates": f"{MLP} model=several_generator_updates",
    "optimistic_adam": f"{MLP} optimizer=optimistic_adam",
    "rmsprop": f"{MLP} optimizer=rmsprop",
    "consistency": f"{MLP} term=consistency",
    "spectral": f"{MLP} term=spectral",
    "contrastive": "generator=conditional discriminator=heads +discriminator.heads.embedding=64"
    f" term=contrastive {G} {D}",
    "clusters": "generator=conditional discriminator=projection data.clusters=64 data.classes=64",
    "ada": "augment=ada +callbacks=ada",
    "horizontal_flip": f"{MLP} augment=horizontal_flip",
    "ring": "experiment=ring",
    "transport": "experiment=ring term=transport",
}


def main() -> None:
    print("| | settings | fid at update", ", ".join(map(str, MEASURED)), "| ended |")
    print("|---|---|---|---|")
    for name in sys.argv[1:] or SETTINGS:
        folder = Path("outputs/runs/options", name)
        command = [sys.executable, "-m", "forger.cli", "train", f"name={name}"]
        base = [] if "experiment=" in SETTINGS[name] else BASE
        subprocess.run(
            [*command, *base, *SETTINGS[name].split(), *BUDGET], stdout=subprocess.DEVNULL
        )
        curve = read_curves(folder).get("metric/fid", {})
        fid = " / ".join(f"{curve[step]:.3g}" if step in curve else "" for step in MEASURED)
        status = read_summary(folder).get("status")
        print(f"| {name} | `{SETTINGS[name]}` | {fid} | {status} |", flush=True)


if __name__ == "__main__":
    main()
