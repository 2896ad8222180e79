"""One name for one thing: what the studio calls an option is what command, API and docs call it."""

import re
from dataclasses import fields
from pathlib import Path

from rechroma.types import ColorizeOptions

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "src" / "rechroma" / "server" / "page"
STUDIO = (ROOT / "docs" / "studio.md").read_text(encoding="utf-8")
NAMES = re.compile(r"^\| ([A-Z][a-z ]+) \| `--([a-z-]+)` \| `([a-z_]+)` \|", re.MULTILINE)
OTHER_WORDS = {
    r"boldness": "vividness",
    r"caution\b": "temperature",
    r"other ideas|\bideas? in place": "proposals",
    r"where am i guessing": "uncertainty",
    r"licen[c]e": "license",
    r"tell the color|nobody told|told the color": "choose",
    r"reference photograph": "reference",
}


def test_the_page_calls_its_options_as_the_docs_list_them() -> None:
    listed = {option: name for name, _, option in NAMES.findall(STUDIO)}
    settings = (PAGE / "settings.js").read_text(encoding="utf-8")
    shown = dict(re.findall(r'option: "(\w+)",\n\s+name: "([^"]+)"', settings))
    assert shown
    assert {option: listed.get(option) for option in shown} == shown


def test_the_listed_names_are_options_of_the_command_and_fields_of_the_library() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    command = get_command(app).commands["colorize"]  # type: ignore[attr-defined]
    flags = {flag for param in command.params for flag in param.opts}
    known = {field.name for field in fields(ColorizeOptions)} | {"proposals", "uncertainty"}
    rows = NAMES.findall(STUDIO)
    assert len(rows) >= 9
    for name, flag, field in rows:
        assert f"--{flag}" in flags
        assert field in known
        assert name.lower().rstrip("s") in {field.rstrip("s"), "refinement", "hint"}


def test_no_other_word_stands_for_the_same_thing() -> None:
    texts = [*PAGE.glob("*.js"), *PAGE.glob("*.html"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    texts += [*(ROOT / "src" / "rechroma" / "cli").glob("*.py"), ROOT / "src/rechroma/server/schemas.py"]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        for word, better in OTHER_WORDS.items():
            found = re.search(word, text, re.IGNORECASE)
            # The key in a graph's metadata is spelled as graphs that exist have it.
            if found and "spelled so" not in text[found.start() : found.start() + 30]:
                raise AssertionError(f"{path.name} says {found[0]!r}; the word is {better}")
