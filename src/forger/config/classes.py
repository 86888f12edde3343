"""The class that a conditional GAN makes samples of."""

from typing import cast

from forger.errors import ForgerError
from forger.gan import GAN


def choose_class(gan: GAN, label: int | float | str | None) -> None:
    """All samples shall be of this class, or of the classes in turn for None.

    label: the name of a class, or its number; where names are numbers themselves, a name.
    Raises ForgerError if the GAN has no such class.
    """
    if label is not None:
        if gan.classes is None:
            raise ForgerError(f"label (={label}) needs a conditional GAN: remove label")
        names = class_names(gan)
        # A name comes first: a folder of class 3 may be called 7.
        if str(label) in names:
            label = names.index(str(label))
        elif (
            any(map(str.isdecimal, names))
            or isinstance(label, float)
            or label not in range(gan.classes)
        ):
            raise ForgerError(f"label (={label}) must be a class: {class_choices(gan)}")
    gan.label = cast(int | None, label)


def class_names(gan: GAN) -> list[str]:
    """Names of the classes in the order of their labels, as the checkpoint has them; or none."""
    return gan.config["data"].get("class_names") or []


def class_of_each(gan: GAN, count: int) -> list[str]:
    """The class of each of so many samples, by its name or its number; none without classes."""
    labels, names = gan.labels(count), class_names(gan)
    numbers = [] if labels is None else labels.tolist()
    return [names[i] if i < len(names) else str(i) for i in numbers]


def class_choices(gan: GAN) -> str:
    """What `label` may be: the names of the classes, or their numbers."""
    names = class_names(gan)
    if not names:
        return f"0 to {gan.classes - 1}" if gan.classes else "none"
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
