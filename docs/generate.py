"""Pages of the site that are made from the project: the API, the tables of models, cards and the change log.

MkDocs calls `on_files` and `on_nav` (`hooks` in mkdocs.yml). Nothing is written to the source tree.
"""

import ast
import json
import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPOSITORY_PAGES = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "findings.md": "findings/README.md",
}


def api_packages():
    """Names of the sub-packages and modules at the top of keras_gans, each of which gets one page."""
    package = ROOT / "keras_gans"
    folders = {path.parent.name for path in package.glob("*/__init__.py")} - {"cli"}
    modules = {path.stem for path in package.glob("[a-z]*.py")} - {"version"}
    return sorted(folders | modules)


def hidden_names(package):
    """What a page of mkdocstrings leaves out: functions called like their module, and modules without names.

    Returns:
        list of dotted names that need an entry of their own.
    """
    folder = ROOT / "keras_gans" / package
    if package == "importers":
        within = [*folder.glob("[a-z]*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
        return [f"{package}.{path.stem}" for path in sorted(within)]
    if not folder.is_dir():
        return []
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    return [
        f"{package}.{alias.name}.{alias.name}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module == f"keras_gans.{package}.{alias.name}"
    ]


def api_pages():
    """Returns {address: Markdown} of the pages that mkdocstrings fills from the docstrings."""
    listed = "\n".join(f"- [`keras_gans.{name}`]({name}.md)" for name in api_packages())
    pages = {
        "api/index.md": f"# API\n\nOne page for each sub-package, made from its docstrings.\n\n{listed}\n"
    }
    headed = "    options: {show_root_heading: true, show_root_toc_entry: true, show_root_full_path: false}\n"
    for package in api_packages():
        text = f"# keras_gans.{package}\n\n::: keras_gans.{package}\n"
        for name in hidden_names(package):
            text += f"\n::: keras_gans.{name}\n{headed}"
        pages[f"api/{package}.md"] = text
    return pages


def pretrained():
    """Returns {name: card} of the exports under savedmodels/."""
    cards = sorted((ROOT / "savedmodels").glob("*/1/card.json"))
    return {path.parts[-3]: json.loads(path.read_text(encoding="utf-8")) for path in cards}


def card_pages():
    """Returns {address: Markdown} of the cards of the pretrained exports and of their index."""
    folder = ROOT / "savedmodels"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = {
        "pretrained/index.md": index.replace("/1/README.md)", "/card.md)").replace("/1/samples", "/samples")
    }
    for name in pretrained():
        pages[f"pretrained/{name}/card.md"] = (folder / name / "1/README.md").read_text(encoding="utf-8")
    return pages


def generated_files():
    """Returns {address: path in the repository} of the pictures of the pretrained exports."""
    files = {}
    for name in pretrained():
        folder = ROOT / "savedmodels" / name
        for path in [
            folder / "1/samples.png",
            *folder.glob("*.png"),
            *folder.glob("*.gif"),
            *folder.glob("directions/*.png"),
        ]:
            files[f"pretrained/{name}/{path.name}"] = path.relative_to(ROOT).as_posix()
    return files


def repository_pages():
    """Returns {address: Markdown} of files outside of docs/; links to what is no page become text."""
    addresses = {source: address for address, source in REPOSITORY_PAGES.items()}

    def turned(match, source):
        text, target = match.groups()
        if target.startswith("http"):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        address = addresses.get(target, target.removeprefix("docs/"))
        is_page = address in REPOSITORY_PAGES or target.startswith("docs/")
        return f"[{text}]({address})" if is_page else text

    pages = {}
    for address, source in REPOSITORY_PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        pages[address] = re.sub(r"\[([^]]+)\]\(([^)]*)\)", lambda m, s=source: turned(m, s), text)
    return pages


def preset_table():
    """Returns the Markdown of the table of all presets."""
    from keras_gans import presets

    exports = pretrained()
    rows = [
        "| preset | paper | px | parameters | data | scores in the paper | configuration |",
        "|---" * 7 + "|",
    ]
    for name in presets.names():
        preset = presets.get(name)
        cells = (
            f"[`{name}`](pretrained/{name}/card.md)" if name in exports else f"`{name}`",
            f"[{preset.paper.rpartition('/')[2]}]({preset.paper})",
            preset.resolution,
            f"{sum(preset.parameters.values()):,}",
            preset.data.spec or preset.data.hint,
            ", ".join(map(str, preset.scores)),
            "; ".join(filter(None, (preset.section, preset.source))),
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def generated_pages():
    """Returns {address: Markdown} of all pages that can be made without TensorFlow."""
    return {**api_pages(), **card_pages(), **repository_pages()}


def on_config(config):
    """Adds the pages to the navigation, before the last section."""
    api = ["api/index.md", *({name: f"api/{name}.md"} for name in api_packages())]
    exports = ["pretrained/index.md", *({name: f"pretrained/{name}/card.md"} for name in pretrained())]
    config.nav[-1:-1] = [{"Pretrained exports": exports}, {"API": api}]
    return config


def on_files(files, config):
    """Adds the pages to those of docs/."""
    from mkdocs.structure.files import File

    for address, text in generated_pages().items():
        files.append(File.generated(config, address, content=text))
    for address, path in generated_files().items():
        files.append(File.generated(config, address, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Puts the table of presets where a page asks for it."""
    marker = "<!-- presets -->"
    return markdown.replace(marker, preset_table()) if marker in markdown else markdown


def foreign_resources(html):
    """Returns the tags of a page that would load something from another host; links to follow are not."""
    tags = re.findall(r"<(?:script|img|iframe|source|link)\b[^>]*>", html)
    return [tag for tag in tags if re.search(r"""\b(?:src|href)=["']?(?:https?:)?//""", tag)]


def on_post_page(output, page, config):
    """Refuses pages that need a network."""
    from mkdocs.exceptions import PluginError

    if foreign := foreign_resources(output):
        raise PluginError(f"{page.file.src_uri} loads from elsewhere: {foreign}")
    return output
