"""What is written for people agrees with what there is."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
import yaml

import forger
from forger.config.arguments import prepare
from forger.config.conf_folder import CONF
from forger.dry_run.update import dry_run
from tiny import composed

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "configuration.md").read_text()
GROUPS = sorted(f.name for f in CONF.iterdir() if f.is_dir() and f.name != "local")
TEXTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "benchmarks" / "README.md"])


def sections(page: str) -> dict[str, str]:
    """What stands under each heading of the third level."""
    _, *parts = re.split(r"(?m)^### (.+)\n", page)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_the_reference_is_what_conf_says_now() -> None:
    current = runpy.run_path(str(ROOT / "docs" / "configuration.py"))["page"]()
    assert current == PAGE, "not current: run python docs/configuration.py"


def test_the_reference_has_every_verb_group_and_option() -> None:
    verbs = [f"forger {file.stem}" for file in sorted(CONF.glob("*.yaml"))]
    found = sections(PAGE)
    assert list(found) == [*verbs, *GROUPS]
    for group in GROUPS:
        options = sorted(file.stem for file in (CONF / group).glob("*.yaml"))
        assert sorted(re.findall(r"^(?:\| |- )\*\*(\w+)\*\*", found[group], re.M)) == options


def test_every_setting_is_explained_or_taken_from_another() -> None:
    rows = re.findall(r"(?m)^\| (.+) \| (.*) \| (.*) \| (.*) \|$", PAGE)
    assert len(rows) > 150
    silent = [name for name, _, value, what in rows if not what and value[:2] not in ("`$", "`n")]
    assert silent == []


@pytest.mark.parametrize(
    ("setting", "kind", "value", "what"),
    [
        # From the comment, from the docstring, from that of a parent, from the file it starts from.
        ("generator.embedding", "int", "16", "Size of the learned embedding of a class."),
        ("generator.batch_norm", "bool", "true", "Whether all hidden layers but the first are"),
        ("data.seed", "int", "${seed}", "Seed of the order of the examples."),
        ("data.evaluator", "str or null", "kmnist", "Name of the evaluator, the classifier"),
    ],
)
def test_a_meaning_comes_from_where_it_is_said(
    setting: str, kind: str, value: str, what: str
) -> None:
    assert f"| `{setting}` | {kind} | `{value}` | {what}" in PAGE


def test_every_meaning_stands_alone() -> None:
    rows = re.findall(r"(?m)^\| (.+) \| .* \| .* \| (.+) \|$", PAGE)
    found = [(name, what) for name, what in rows if name not in ("setting", "---") and what]
    assert len(found) > 300
    fragment = re.compile(
        r"(?:Of|As|In|At|On|Or|Nor|And|But|To|From|With|Beside|How|When|Where|What|That|Those) "
    )
    wrong = [
        f"{name}: {what}"
        for name, what in found
        if not re.match(r"[A-Z\d`]", what)
        or not what.endswith(".")
        or len(what.split()) < 3
        or fragment.match(what)
    ]
    assert wrong == [], "each a sentence, or a noun phrase that names its subject"


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    required = {"cff-version", "message", "title", "authors"}
    assert required | {"abstract", "type", "license", "version", "references"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    stated = re.search(r'(?m)^version = "(.+)"$', (ROOT / "pyproject.toml").read_text())
    assert stated is not None
    assert citation["version"] == stated[1]
    assert f"## {stated[1]}" in (ROOT / "CHANGELOG.md").read_text()


def anchors(text: str) -> set[str]:
    """What the headings of a text are linked by: small letters, hyphens for spaces."""
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("text", TEXTS, ids=lambda file: file.name)
def test_links_lead_to_a_file_and_a_heading_in_it(text: Path) -> None:
    for file, anchor in re.findall(r"\]\((?!\w+:)([^)#]*)#?([^)]*)\)", text.read_text()):
        target = text.parent / file if file else text
        assert target.exists(), file
        assert not anchor or anchor in anchors(target.read_text()), f"{file}#{anchor}"


def commands(text: str) -> list[list[str]]:
    """What the code blocks of a text run by forger, its placeholders filled, without comments."""
    lines = [
        line for block in text.split("```bash")[1:] for line in block.split("```")[0].splitlines()
    ]
    filled = [re.sub(r"<\w+>|\.\.\.", "some", line) for line in lines if line.startswith("forger ")]
    return [shlex.split(line, comments=True)[1:] for line in filled]


@pytest.mark.slow
@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_commands_in_texts_name_what_there_is(file: Path) -> None:
    for verb, *arguments in commands(file.read_text()):
        if verb != "train":
            # Some take what they are about without its name.
            _, arguments = prepare(verb, arguments)
        # Of a sweep, the first job; intervals have none.
        given = [a for a in arguments if a[0] != "-" and "interval(" not in a]
        settings = [re.sub(r"^([^\[{]+=[^,\[{]+),.*", r"\1", a) for a in given]
        assert composed(*settings, verb=verb) is not None, (verb, arguments)


def test_what_other_projects_have_can_be_trained() -> None:
    text = (ROOT / "docs" / "from_other_projects.md").read_text()
    text, _, _ = text.partition("## Where a line of your script goes")
    found = [arguments for verb, *arguments in commands(text) if verb == "train"]
    assert len(found) > 6
    for settings in found:
        config = forger.compose(settings)
        dry_run(config)
        # Theirs, whatever the default here is.
        assert config.data.batch_size == 64
        if "betas" in config.optimizer.discriminator:
            assert list(config.optimizer.discriminator.betas) in ([0.5, 0.999], [0.0, 0.9])


def test_the_korean_introduction_has_the_command_lines_of_the_english_one() -> None:
    first, korean = (
        (ROOT / name).read_text().split("```bash\n")[1].split("```")[0]
        for name in ("README.md", "README.ko.md")
    )
    assert first == korean


def test_the_map_in_the_readme_names_every_room_and_module() -> None:
    layout = (ROOT / "README.md").read_text().split("## Code layout")[1].split("```")[1]
    package = ROOT / "src" / "forger"
    folders = {f"{child.parent.name}/" for child in package.glob("*/__init__.py")}
    modules = {file.name for file in package.glob("*.py")} - {"__init__.py"}
    assert set(re.findall(r"\w+\.py|(?<= )\w+/(?= )", layout)) >= folders | modules
