"""What the documentation says holds: links lead somewhere, named options exist, the worked example works."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image
from skimage import data

from benchmarks.__main__ import NAMES
from rechroma_train.__main__ import VERBS
from rechroma_train.evaluate.protocols import Protocol
from scripts import pages

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", pages.pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_tables_and_examples_in_a_page_are_those_of_the_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == pages.filled(text), "run: python scripts/pages.py"


def test_drawings_in_the_pages_are_those_of_the_results() -> None:
    assert pages.drawings()
    for shown, drawing in pages.drawings().items():
        assert shown.read_bytes() == drawing.read_bytes(), "run: python scripts/pages.py"


def test_every_table_of_the_results_is_in_a_page() -> None:
    written = "".join(page.read_text(encoding="utf-8") for page in pages.pages())
    tables = {path.name for path in pages.RESULTS.glob("*.md")}
    assert {name for name in tables if f"<!-- from benchmarks/results/{name} -->" not in written} == set()


def test_a_table_of_other_weights_than_those_that_ship_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "RESULTS", tmp_path)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "shipped", lambda: frozenset({"a" * 64}))
    (tmp_path / "table.md").write_text("| table |\n")
    for digest, says in (("a", False), ("b", True)):
        (tmp_path / "table.json").write_text(json.dumps({"weights": {"net": digest * 64}}))
        assert ("earlier weights" in pages.filled("<!-- from table.md -->\n<!-- end -->\n")) is says


@pytest.mark.parametrize(
    "page", [*PAGES, *(ROOT / "model_cards").glob("*.md")], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_a_page_reads_right_where_only_plain_markdown_is_known(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    of_one_program = re.findall(r"^--8<--.*|^!!!.*|^\?\?\?.*|^===.*|\)\{[^}]*\}", text, flags=re.MULTILINE)
    assert not of_one_program


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "pictures").glob("*.jpg")), ids=lambda p: p.stem)
def test_pictures_of_the_pages_are_of_the_weights_that_ship(picture: Path) -> None:
    with Image.open(picture) as opened:
        made_by = opened.info["comment"].decode()
    assert made_by.split()[-1] in pages.shipped(), (
        "run scripts/pictures.py, and look whether the captions hold"
    )


def test_the_captions_of_readme_and_start_page_agree() -> None:
    captions = [
        re.search(r"^Each row: .*?\n\n", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for name in ("README.md", "docs/index.md")
    ]
    assert captions[0]
    assert captions[1]
    assert captions[0][0] == captions[1][0]


def test_what_the_readme_says_to_type_works_in_that_order(tmp_path: Path) -> None:
    _, use, _ = re.split(r"^## (?:Use|Test) it$", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    shell, program = re.findall(r"```(?:bash|python)\n(.*?)```", use, flags=re.DOTALL)
    first, *lines, last = shell.splitlines()
    assert first.startswith(". .venv/bin/activate ")
    assert last.startswith("pip install '.[server]' && rechroma serve --open ")
    gray = Image.fromarray(data.camera()).resize((96, 64))
    (tmp_path / "scans" / "1931").mkdir(parents=True)
    for name in ("grandmother.jpg", "scan.tif", "old.jpg", "car.jpg", "scans/1931/wedding.jpg"):
        gray.save(tmp_path / name)
    Image.fromarray(data.astronaut()).resize((96, 64)).save(tmp_path / "sister.jpg")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(["set -e", *lines, "python - <<'END'", program, "END"])
    env = {**os.environ, "PATH": path}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {
        "grandmother.color.jpg",
        "colored/1931/wedding.color.jpg",
        "scan.color.tif",
        "new.jpg",
        "red.jpg",
        "like.jpg",
        "car.color.jpg",
        "car.color.4.jpg",
        "sister.color.jpg",
        "faithful.tif",
    } - made <= {"car.color.4.jpg"}  # fewer proposals where little is uncertain


def test_every_program_that_a_page_names_is_there() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"python -m benchmarks (\w+)", text)) - {"NAME"} <= set(NAMES)
    listed = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", listed, flags=re.MULTILINE)) == set(NAMES)
    assert set(re.findall(r"python -m rechroma_train (\w+)", text)) <= set(VERBS)
    assert set(re.findall(r"--protocol (\w+)", text)) <= set(get_args(Protocol))
    scripts = re.findall(r"scripts/\w+(?:\.py)?", text)
    assert not [name for name in scripts if not (ROOT / name).is_file()]


def test_every_extra_is_in_the_guide() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert not [name for name in extras["optional-dependencies"] if f"`{name}`" not in guide]


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r": (\S+\.md)$", text, flags=re.MULTILINE))
    assert named == {page.relative_to(pages.DOCS).as_posix() for page in pages.DOCS.rglob("*.md")}


def test_every_option_of_the_command_is_in_the_guide_and_the_other_way_round() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    command = get_command(app).commands["colorize"]  # type: ignore[attr-defined]
    real = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(--[a-z][a-z-]+)", guide))
    assert told <= real | {"--help"}
    shell = {param.opts[0] for param in command.params if param.opts[0].startswith("--")}
    unsaid = {
        flag
        for flag in shell - {"--help"}
        if flag not in guide and f"--no-{flag.removeprefix('--')}" not in guide
    }
    assert not unsaid


def test_every_environment_variable_is_in_the_guide() -> None:
    source = (ROOT / "src" / "rechroma" / "settings.py").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert set(re.findall(r"RECHROMA_[A-Z]+", source)) <= set(re.findall(r"RECHROMA_[A-Z]+", guide))


def test_the_method_of_the_contributing_guide_keeps_the_contract() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = next(
        code for code in re.findall(r" *```python\n(.*?)```", text, flags=re.DOTALL) if "class Tint" in code
    )
    names: dict[str, object] = {}
    exec("\n".join(line.removeprefix("   ") for line in block.splitlines()), names)
    tint = names["Tint"]()  # type: ignore[operator]
    lightness = np.linspace(0, 100, 35, dtype=np.float32).reshape(5, 7)
    before = lightness.copy()
    prediction = tint.predict(lightness)
    assert prediction.ab.shape == (5, 7, 2)
    assert prediction.ab.dtype == np.float32
    assert np.array_equal(lightness, before)
