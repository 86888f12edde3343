import shlex

import pytest

from forger.config.overrides import key_of, parsed, readable, setting, typed, value_of

TEXTS = [
    "실험",
    "größe",
    "Bilder/Äpfel (2)",
    "a=b",
    "lr=1e-3 (zwei)",
    "it's",
    'a "b"',
    "~/pictures",
    "a#b;c&d!e",
    "Bilder(2)",
    "range (1) = [x",
    "C:\\Äpfel\\",
    "über ${now:%Y}",
    "2024",
    "2024_01",
    "0.10",
    "1e3",
    "-1",
    "inf",
    "true",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_read_as_it_stands(text: str) -> None:
    override = parsed(readable(f"data.folder={text}"))
    assert override is not None
    assert override.key_or_group == "data.folder"
    assert override.value() == text
    assert value_of(readable(f"data.folder={text}")) == text


@pytest.mark.parametrize(
    "argument",
    [
        "model.k=2",
        "optimizer.generator.lr=tag(log,interval(1e-5,1e-2))",
        "seed=range(0,5)",
        "loss=minimax,hinge",
        "generator.widths=[8,16]",
        "data={_target_: mine.Data, shape: [1]}",
        "name='a,b'",
        "name=two words",
        "~callbacks.measure",
        "+callbacks=projector",
        "name=",
        "name=null",
        "name='2024'",
        "image=[a.png,b.png]",
        # Numbers of a class of one's own.
        "term.mine.weights=0.5",
        "callbacks.mine.start=2",
        "-m",
        "unknown",
    ],
)
def test_what_hydra_reads_is_left_as_it_is(argument: str) -> None:
    assert readable(argument) == argument


@pytest.mark.parametrize(
    ("argument", "values"),
    [
        ("data.folder=2024,2025_1", ["2024", "2025_1"]),
        ("data.folder=Äpfel,Birnen (2),c", ["Äpfel", "Birnen (2)", "c"]),
        ("data.folder=Äpfel (1, rot),b", ["Äpfel (1, rot)", "b"]),
        ("name=choice(ä,b)", ["ä", "b"]),
        ("name='a,b',ä", ["a,b", "ä"]),
    ],
)
def test_several_values_stay_several(argument: str, values: list[str]) -> None:
    override = parsed(readable(argument))
    assert override is not None
    assert override.is_choice_sweep()
    elements = [parsed(f"x={text}") for text in override.sweep_string_iterator()]
    assert [element and element.value() for element in elements] == values


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("trust=[größe,b]", ["größe", "b"]),
        ("image=[Bild (1).png,'ö, b.png',c=d.png,3]", ["Bild (1).png", "ö, b.png", "c=d.png", 3]),
        ("x=[[ä,1],[b=c]]", [["ä", 1], ["b=c"]]),
        ("x={a: ä, b: [1, it's]}", {"a": "ä", "b": [1, "it's"]}),
    ],
)
def test_lists_and_dictionaries_keep_their_shape(argument: str, value: object) -> None:
    override = parsed(readable(argument))
    assert override is not None
    assert override.value() == value


@pytest.mark.parametrize("argument", ["seed=range(1,ä)", "seed=tag(ä=b,3)"])
def test_a_function_that_cannot_be_read_is_no_text(argument: str) -> None:
    assert parsed(readable(argument)) is None


@pytest.mark.parametrize("text", [*TEXTS, "plain", "a,b", "[x]", "2024", "null", "'a", "$HOME `x`"])
def test_what_is_printed_can_be_typed(text: str) -> None:
    (argument,) = shlex.split(typed("name", text))
    override = parsed(readable(argument))
    assert override is not None
    assert override.value() == text


@pytest.mark.parametrize("sign", ["", "+", "++", "~"])
def test_a_setting_is_found_whatever_sign_is_before_it(sign: str) -> None:
    assert key_of(f"{sign}callbacks.best=x") == "callbacks.best"
    removed = sign == "~"
    assert setting(["k=1", f"{sign}name='a b'"], "name", "none") == ("none" if removed else "a b")


def test_of_a_setting_given_twice_the_last_counts_as_for_hydra() -> None:
    assert setting(["name=a", "name=b", "names=c"], "name", "none") == "b"


def test_a_plain_setting_is_typed_without_quotes() -> None:
    assert typed("resume", "outputs/runs/default/first") == "resume=outputs/runs/default/first"
    assert typed("name", "a,b") == "\"name='a,b'\""
