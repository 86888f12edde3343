"""What `forger --help` prints."""

from forger.config.conf_folder import verbs


def overview() -> str:
    """All verbs, each with the first line of its file, and first commands."""
    lines = "\n".join(f"  {verb:<16}{what}" for verb, what in verbs().items())
    return f"""\
forger VERB [settings]

{lines}

A first run:   forger train
A change:      forger train generator=dcgan discriminator=dcgan model.k=2
A sweep:       forger train -m model.latent_dim=16,64 model.k=1,2
A verb's help: forger train --help"""
