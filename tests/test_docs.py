"""The documentation: its links lead somewhere, the tests that it names exist. The site is not built here."""

import importlib.util
import posixpath
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)

# The pages of the site by address: those that are written and those that are made.
PAGES = {
    **{
        path.relative_to(ROOT / "docs").as_posix(): path.read_text(encoding="utf-8")
        for path in (ROOT / "docs").rglob("*.md")
    },
    **generate.generated_pages(),
}
FILES = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs/images").iterdir()}
FILES |= set(generate.generated_files())
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


def prose(text):
    """Markdown without its programs."""
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def links(text):
    """Where the links of a page lead, but for those to other sites."""
    return LINK.findall(re.sub(r"`[^`\n]*`", "", prose(text)))


def anchors(text):
    """The anchors of a page's headings, as the generator makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def broken_links(address, pages, files):
    """Links of a page that lead nowhere within the site."""
    for link in links(pages[address]):
        target, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(address), target)) if target else address
        if target not in files and (target not in pages or (anchor and anchor not in anchors(pages[target]))):
            yield link


@pytest.mark.parametrize("link", ["missing.md", "b.md#missing", "../b.md", "missing.png", "#missing"])
def test_a_broken_link_is_found(link):
    pages = {"a.md": f"[x]({link}) [y](b.md#a-heading) ![z](p.png)", "b.md": "## A `heading`"}
    assert list(broken_links("a.md", pages, {"p.png"})) == [link]


def test_links_of_the_site_lead_somewhere():
    broken = {address: list(broken_links(address, PAGES, FILES)) for address in PAGES}
    assert {address: wrong for address, wrong in broken.items() if wrong} == {}


def test_links_of_the_repository_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "findings/README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        targets = links(text) + re.findall(r'(?:src|href)="(?!https?:)([^"]+)"', text)
        for target in targets:
            assert ((ROOT / name).parent / target.partition("#")[0]).exists(), f"{name}: {target}"


def test_the_navigation_has_every_written_page_once():
    listed = re.findall(r"[\w/]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    written = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted(written | set(generate.REPOSITORY_PAGES))


def test_every_trap_names_a_test_that_exists():
    entries = (ROOT / "docs/traps.md").read_text(encoding="utf-8").split("\n### ")[1:]
    assert len(entries) >= 15
    for entry in entries:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", entry.partition("\nTest: ")[2])
        assert named, f"no test: {entry.splitlines()[0]}"
        for path, test in named:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"


def test_the_readme_shows_every_export_with_scores_of_its_card():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\|[^|]*\| `(\w+)` \|([^|]*)\|", text, re.MULTILINE))
    cards = generate.pretrained()
    assert sorted(rows) == sorted(cards)
    for name, row in rows.items():
        shown, protocol = re.fullmatch(r" (.*) `([^`]*)` ", row).groups()
        values = [one for one in cards[name]["metrics"][protocol].values() if isinstance(one, float)]
        for number in re.findall(r"\d+\.\d+", shown):
            digits = len(number.partition(".")[2])
            assert number in {f"{one:.{digits}f}" for one in values}, (name, number)


def test_the_citation_and_the_change_log_have_the_version_of_the_package():
    source = (ROOT / "keras_gans/version.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)[1]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == version
    assert re.search(r"^## ([\d.]+)", changes, re.MULTILINE)[1] == version


def test_a_function_called_like_its_module_has_an_entry_of_its_own():
    assert "metrics.evaluate.evaluate" in generate.hidden_names("metrics")
    assert "::: keras_gans.hub.locate.locate\n" in generate.api_pages()["api/hub.md"]
    assert generate.hidden_names("random") == []


def test_pages_that_load_from_elsewhere_are_refused():
    local = '<script src="a.js"></script><a href="https://example.org">x</a><img src="b.png">'
    assert generate.foreign_resources(local) == []
    for tag in (
        '<script src="https://example.org/a.js">',
        '<link href="//example.org/a.css" rel="stylesheet">',
    ):
        assert generate.foreign_resources(local + tag) == [tag]
