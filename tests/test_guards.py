"""What keeps the house in order: each test is a promise about the whole repository."""

import dataclasses
import hashlib
import importlib
import inspect
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rechroma
from rechroma import errors
from rechroma.types import ColorizeOptions

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
MAX_LINES = 400
MAX_GRAPH_BYTES = 30_000_000

PUBLIC = {
    "ColorizeOptions",
    "Draft",
    "Hints",
    "Layer",
    "Marks",
    "ModelInfo",
    "Place",
    "Point",
    "PredictOptions",
    "Proposal",
    "RechromaError",
    "Report",
    "Stroke",
    "Suggestion",
    "__version__",
    "available",
    "colorize",
    "colorize_file",
    "load",
    "propose",
    "uncertainty",
}
"""The public names of the package. A change here is a change for every user: give it a changelog fragment."""

LONGER_FILES: dict[str, int] = {}
"""Files allowed above the limit, with their line count. May only shrink."""

WITHOUT_MACHINE = {"capacity", "references", "training"}
"""Tables measured before the machine was kept with them. May only shrink: measure again."""

SHELL_OPTIONS = {
    "inputs",
    "out",
    "recursive",
    "overwrite",
    "workers",
    "sheet",
    "json",
    "log",
    "proposals",
    "uncertainty",
}
"""Options of `rechroma colorize` that say where files are, which and how work is shared, not how to color."""
ONE_HINT = "hint"
"""Goes into the field `hints` too: one of them, without a file."""

EXTRAS = (
    "torch",
    "lightning",
    "onnx",
    "jsonargparse",
    "skimage",
    "scipy",
    "fastapi",
    "pydantic",
    "uvicorn",
    "cv2",
)
"""Libraries that an installation without extras does not have."""
NEED_AN_EXTRA = (
    "rechroma.refine.bilateral",
    "rechroma.refine.crf",
    "rechroma.refine.guided",
    "rechroma.refine.segments",
    "rechroma.server.",
)
"""Modules that only an installation with extras imports, and what begins like them."""

HEAVY = (
    "torch",
    "lightning",
    "onnx",
    "onnxruntime",
    "numpy",
    "PIL",
    "simplejpeg",
    "tifffile",
    "typer",
    "rich",
)


def _tracked() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout")
    listing = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [path for name in listing.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_the_public_names_are_the_checked_in_list() -> None:
    assert set(rechroma.__all__) == PUBLIC


def test_every_public_name_resolves_and_has_a_docstring() -> None:
    for name in PUBLIC - {"__version__"}:
        assert inspect.getdoc(getattr(rechroma, name)), name


def test_the_error_tree_in_the_docstring_is_the_real_one() -> None:
    drawn: dict[str, set[str]] = {}
    above: list[str] = ["Exception"]
    tree = re.findall(
        r"^((?:[│ ]   )*)([├└]── )?([A-Z]\w+)(?:\((\w+)\))?", errors.__doc__ or "", re.MULTILINE
    )
    for indent, branch, name, other in [row for row in tree if row[2] != "Every"]:
        depth = 1 + len(indent) // 4 + bool(branch)
        above = [*above[:depth], name]
        drawn[name] = {above[depth - 1], other} - {""}
    real = {
        name: {base.__name__ for base in value.__bases__}
        for name, value in vars(errors).items()
        if inspect.isclass(value)
    }
    assert drawn == real


def test_the_floors_of_the_contributing_guide_are_those_that_are_held() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [each["layers"] for each in contracts["contracts"] if each["id"] == "floors"]
    held = [sorted(re.findall(r"\w+", layer)) for layer in layers]
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    said = re.search(r"Imports only go down: `([^`]+)`", text)
    assert said
    told = [sorted(re.findall(r"\w+", floor)) for floor in said[1].split("→")]
    private = {"__main__", "_version"}
    assert told == [shown for floor in held if (shown := [name for name in floor if name not in private])]


def test_no_python_file_is_longer_than_the_limit() -> None:
    files = [
        *SOURCES,
        *(path for d in ("tests", "benchmarks", "examples", "scripts") for path in (ROOT / d).rglob("*.py")),
    ]
    longer = {}
    for path in files:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGER_FILES.get(path.relative_to(ROOT).as_posix(), MAX_LINES):
            longer[path.relative_to(ROOT).as_posix()] = lines
    assert not longer


def test_only_settings_reads_the_environment() -> None:
    readers = {
        path.relative_to(ROOT / "src").as_posix()
        for path in SOURCES
        if re.search(r"\bos\.environ\b|\bgetenv\b", path.read_text(encoding="utf-8"))
    }
    assert readers == {"rechroma/settings.py"}


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = f"import sys, rechroma; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_the_library_loads_without_any_extra_but_for_the_modules_that_need_one() -> None:
    code = (
        "import sys, importlib, pkgutil\n"
        f"for name in {EXTRAS}: sys.modules[name] = None\n"
        "import rechroma\n"
        "for module in pkgutil.walk_packages(rechroma.__path__, 'rechroma.', onerror=lambda name: None):\n"
        f"    if not module.name.endswith('__main__') and not module.name.startswith({NEED_AN_EXTRA}):\n"
        "        importlib.import_module(module.name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_any_module_writes_nothing_and_prints_nothing(tmp_path: Path) -> None:
    names = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.parts[-2] != "data" and path.name != "__main__.py" and "rechroma_train" not in path.parts
    ]
    code = f"import importlib\nfor name in {names}: importlib.import_module(name)"
    env = {"RECHROMA_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env)
    assert (done.stdout, done.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_coloring_leaves_nothing_of_onnx_runtime_in_the_home_folder(tmp_path: Path) -> None:
    code = "import rechroma.runtime; print(rechroma.runtime.devices())"
    env = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=env)
    assert list(tmp_path.iterdir()) == []


def test_command_options_are_the_fields_of_the_options_dataclass() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    colorize = get_command(app).commands["colorize"]  # type: ignore[attr-defined]
    options = {param.name for param in colorize.params} - {"help"}
    fields = {field.name for field in dataclasses.fields(ColorizeOptions)}
    assert options - SHELL_OPTIONS - {ONE_HINT} == fields


def test_every_weights_row_is_complete_and_true() -> None:
    package = ROOT / "src" / "rechroma"
    rows = tomllib.loads((package / "weights.toml").read_text(encoding="utf-8"))["weights"]
    assert rows
    for row in rows:
        name = row["name"]
        assert re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", name)
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"]), name
        assert row["license"] and row["paper"] and row["metrics"], name
        assert (ROOT / row["card"]).is_file(), f"{name}: no card {row['card']}"
        assert (ROOT / row["config"]).is_file(), f"{name}: no config {row['config']}"
        if file := row.get("file"):
            data = (package / "data" / file).read_bytes()
            assert hashlib.sha256(data).hexdigest() == row["sha256"], name
            assert len(data) == row["bytes"] <= MAX_GRAPH_BYTES, name


def test_every_card_says_that_the_colors_are_invented() -> None:
    cards = sorted((ROOT / "model_cards").glob("*.md"))
    assert cards
    for card in cards:
        text = card.read_text(encoding="utf-8").lower()
        for word in ("invented", "license", "data", "fail"):
            assert word in text, f"{card.name} does not speak of {word!r}"


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    pattern = re.compile(rb"(?<![\w.-])/(?:work|farm|root)/")
    naming = [path.relative_to(ROOT).as_posix() for path in _tracked() if pattern.search(path.read_bytes())]
    assert not naming


def test_no_url_with_a_package_index_is_written_down() -> None:
    pattern = re.compile(r"--(?:extra-)?index-url|--find-links|/simple\b")
    naming = [
        path.relative_to(ROOT).as_posix()
        for path in _tracked()
        if path.suffix in {".txt", ".toml", ".cfg", ".md", ""}
        and pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert not naming


def test_constraints_pin_every_dependency_exactly() -> None:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    pinned = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
        assert match, line
        pinned[_normal(match[1])] = match[2]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["demo"], *extras["train"], *extras["dev"]]
    names = {_normal(re.split(r"[\[<>=!~ ]", item)[0]) for item in wanted} - {"rechroma"}
    assert names <= set(pinned)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_ci_runs_the_very_test_command_of_the_readme() -> None:
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    assert "scripts/test" in command
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_imports_only_go_down() -> None:
    linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which(
        "lint-imports"
    )
    assert linter, "import-linter is not installed: pip install -e '.[dev]'"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from PIL import Image
    from skimage import data

    path = tmp_path_factory.mktemp("examples") / "cat.jpg"
    Image.fromarray(data.chelsea()).convert("L").save(path, quality=90)
    return path


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_runs(example: Path, photograph: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example), str(photograph), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.iterdir()), "an example leaves its result in the folder that it is given"


def test_benchmark_results_are_kept_with_the_machine_they_ran_on() -> None:
    tables = sorted((ROOT / "benchmarks" / "results").glob("*.csv"))
    assert len(tables) > 20
    without = {
        table.stem
        for table in tables
        if not {"cpu", "cores", "versions"}
        <= set(json.loads(table.with_suffix(".json").read_text(encoding="utf-8")))
    }
    assert without <= WITHOUT_MACHINE


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "manager"}
    assert not [path.name for path in SOURCES if path.stem in drawers]


def test_the_version_is_the_packages_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", rechroma.__version__)
    assert importlib.import_module("rechroma._version").__version__ == rechroma.__version__
