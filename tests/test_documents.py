"""What the documents claim is what the cards say."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools.model_card import DOCUMENTS, filled, read_cards


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_figures_come_from_the_cards(document):
    text = document.read_text()
    assert filled(text, read_cards()) == text, "run python -m tools.model_card"


def test_another_figure_would_be_noticed():
    cards = read_cards()
    cards["baseline_age"]["test"]["figures"]["accuracy"]["value"] = 0.123
    assert all("0.123" in filled(path.read_text(), cards) for path in DOCUMENTS)


ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS_OF_NOW = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if path.name != "CHANGELOG.md"  # which tells of the past
)
TOP_LEVEL = ("facetraits", "static", "tests", "docs", "studies", "bench", "tools", "deploy")
TREE = [path for name in TOP_LEVEL for path in (ROOT / name).rglob("*")]
TREE += [path for path in ROOT.iterdir() if path.name not in (".venv", "node_modules")]
PATHS = [f"/{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}" for path in TREE]


@pytest.mark.parametrize("path", DOCUMENTS_OF_NOW, ids=lambda path: path.name)
def test_every_source_file_that_a_document_names_is_there(path):
    """By its whole path or the end of one: `vision/crop.py`."""
    named = set(re.findall(r"`\.?/?([\w./-]+\.(?:py|js|toml|yaml|md))`", path.read_text()))
    assert [name for name in named if not any(p.endswith(f"/{name}") for p in PATHS)] == []


def test_every_folder_of_the_architecture_is_there():
    named = set(re.findall(r"`([\w./-]+/)`", (ROOT / "docs/architecture.md").read_text()))
    named.remove("models/NAME/")
    assert len(named) > 10
    assert [name for name in named if not any(p.endswith(f"/{name}") for p in PATHS)] == []


@pytest.mark.parametrize("path", DOCUMENTS_OF_NOW, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS_OF_NOW, ids=lambda path: path.name)
def test_links_to_headings_lead_somewhere(path):
    text = path.read_text()
    links = [("", name) for name in re.findall(r"\]\(#([^)]+)\)", text)]
    # In a code block, too: `# deploying.md#from-the-wheel`.
    links += re.findall(r"(?<![\w/:.-])([\w./-]+\.md)#([\w-]+)", text)
    assert [
        (to, at) for to, at in links if at not in anchors(path.parent / to if to else path)
    ] == []


def anchors(path):
    """The fragments that GitHub gives the headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS_OF_NOW, ids=lambda path: path.name)
def test_every_command_that_a_document_names_is_there(path):
    modules = set(re.findall(r"python -m ([\w.]*\w)", path.read_text())) - {"studies.NAME"}
    assert [name for name in modules if find_spec(name) is None] == []
    targets = set(re.findall(r"(?:`|^    )make ([a-z]+)", path.read_text(), re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name in targets if f"\n{name}: " not in makefile] == []


@pytest.mark.parametrize("path", DOCUMENTS_OF_NOW, ids=lambda path: path.name)
def test_every_code_block_is_closed_before_the_next_heading(path):
    """A fence left open shows the rest of the page as code."""
    open_fence = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            assert not (open_fence and line != "```"), f"line {number} opens a block inside a block"
            open_fence = not open_fence
        # A comment of a shell or Python block has one number sign.
        assert not (open_fence and line.startswith("## ")), f"line {number} is shown as code"
    assert not open_fence


def test_readme_leads_to_each_guide():
    readme = (ROOT / "README.md").read_text()
    guides = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    linked = set(re.findall(r"\]\((docs/[\w.-]+\.md)", readme))
    # Reached from the model card and the training guide.
    assert guides - linked <= {"docs/experiments.md", "docs/reliability.md"}


def test_readme_shows_how_to_embed():
    (block,) = re.findall(r"```html\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert [tag in block for tag in ("/embed.js", "<facetraits-result ", "<facetraits-live ")] == [
        True,
        True,
        True,
    ]
