"""What `forger --help` prints, and the settings that `forger VERB --help` does."""

from forger.config.completion import groups
from forger.config.conf_folder import CONF, verbs


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


def settings(verb: str) -> str:
    """What a verb can be given: its groups, and each setting under the sentence of its file."""
    options = [f"{group}: {', '.join(found)}" for group, found in sorted(groups(verb).items())]
    content = (CONF / f"{verb}.yaml").read_text().partition("\n\n")[2].partition("\nhydra:")[0]
    must = "; ??? must be given" if "???" in content else ""
    text = "\n".join([f"Settings (KEY=VALUE){must}\n", content.rstrip()])
    if options:
        text = "\n".join(["Groups and their options (GROUP=OPTION)\n", *options, "", text])
    # Hydra fills in what begins with a dollar.
    return text.replace("$", "$$")
