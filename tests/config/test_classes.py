import pytest

from forger.config.build import build
from forger.config.classes import choose_class
from forger.errors import ForgerError
from forger.gan import GAN
from tiny import composed


def test_a_class_that_a_gan_does_not_know_is_refused_with_those_it_knows() -> None:
    gan = build(composed("generator=conditional", "discriminator=conditional"))
    with pytest.raises(ForgerError, match=r"label \(=10\) must be a class: 0 to 9"):
        choose_class(gan, 10)
    choose_class(gan, 9)
    assert gan.labels(2).tolist() == [9, 9]  # pyright: ignore[reportOptionalMemberAccess]


def named(*names: str) -> GAN:
    settings = ("generator=conditional", "discriminator=conditional", f"data.classes={len(names)}")
    gan = build(composed(*settings))
    gan.config["data"]["class_names"] = list(names)
    return gan


def test_a_class_is_chosen_by_its_name_or_number() -> None:
    gan = named("cat", "dog")
    for label, number in (("dog", 1), ("cat", 0), (1, 1), (0, 0)):
        choose_class(gan, label)
        assert gan.label == number
    for label in ("dgo", 2):
        with pytest.raises(ForgerError, match=r"must be a class: cat, dog"):
            choose_class(gan, label)


def test_a_number_is_a_name_where_names_are_numbers() -> None:
    gan = named("1", "2", "10")
    choose_class(gan, 10)
    assert gan.label == 2
    with pytest.raises(ForgerError, match=r"label \(=0\) must be a class: 1, 2, 10"):
        choose_class(gan, 0)


def test_a_name_may_look_like_a_fraction() -> None:
    gan = named("0.5", "1.0", "cat")
    choose_class(gan, 1.0)
    assert gan.label == 1
    with pytest.raises(ForgerError, match=r"label \(=2\.0\) must be a class: 0\.5, 1\.0, cat"):
        choose_class(gan, 2.0)
