"""Every measurement runs to its end and leaves its tables, each with the figures and the machine."""

import csv
import json
import re
from pathlib import Path

import onnx
import pytest
from PIL import Image
from skimage import data

from benchmarks import (
    capacity,
    carrying,
    colors,
    ddcolor_sized,
    drafts,
    lightness,
    load,
    measure,
    names,
    speed,
    strokes,
)
from benchmarks.__main__ import NAMES, main
from rechroma import methods
from scripts import pictures


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for number, name in enumerate(("astronaut", "coffee")):
        Image.fromarray(getattr(data, name)()).resize((96, 80)).save(folder / f"stock-{number}.png")
    return folder


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make everything that is measured small."""
    for module, name, value in (
        (capacity, "VARIANTS", {"default": capacity.VARIANTS["narrow"]}),
        (capacity, "PICTURES", 2),
        (capacity, "WINDOW", 64),
        (carrying, "SHOWN", (1, 2)),
        (colors, "HEIGHT", 300),
        (colors, "WIDTH", 400),
        (colors, "NAMES", ("chelsea",)),
        (drafts, "SIZE", (300, 400)),
        (drafts, "KINDS", {"JPEG, gray": drafts.KINDS["JPEG, gray"]}),
        (lightness, "NAMES", ("camera",)),
        (load, "SIZE", (60, 80)),
        (names, "COUNTS", (50,)),
        (speed, "SIZE_12_MP", (300, 400)),
        (speed, "SIZE_2_MP", (60, 80)),
        (speed, "FOLDER_PICTURES", 12),
        (speed, "WORK", 64),
        (speed, "DDCOLOR_SIZE", 64),
        (strokes, "POINTS", (1, 2)),
        (strokes, "STROKES", 1),
        (strokes, "SIDES", (64,)),
    ):
        monkeypatch.setattr(module, name, value)


def ran(out: Path, *arguments: str) -> dict[str, list[dict[str, str]]]:
    """Run a measurement and return its tables by name, each held against its Markdown and its machine."""
    main([*arguments, "--out", str(out)])
    found = {}
    for path in out.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
        assert found[path.stem], path.name
        assert path.with_suffix(".md").read_text(encoding="utf-8").count("|") > 6
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        assert {"cpu", "cores", "versions"} <= set(facts), path.name
    return found


def test_colors(tmp_path: Path) -> None:
    assert set(ran(tmp_path, "colors")) == {"colors", "upsampling"}


def test_lightness(tmp_path: Path, graph: Path) -> None:
    assert len(ran(tmp_path, "lightness", "--method", str(graph))["lightness"]) == 4 * 3


def test_refinement(tmp_path: Path, photographs: Path) -> None:
    assert ran(tmp_path, "refinement", str(photographs), "--pictures", "1")["refinement"]


def test_references(tmp_path: Path, photographs: Path) -> None:
    found = ran(tmp_path, "references", str(photographs), "--count", "2", "--library", str(photographs))
    assert len(found["references"]) == 4


def test_strokes(tmp_path: Path, photographs: Path, graph: Path) -> None:
    found = ran(tmp_path, "strokes", str(photographs), "--pictures", "1", "--method", str(graph))
    assert set(found) == {"strokes", "strokes_time"}
    main(["strokes", "--sheet", str(tmp_path / "sheet.jpg"), "--method", str(graph)])
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size == (4 * 330, 3 * 220)


def test_carrying(tmp_path: Path, photographs: Path, graph: Path) -> None:
    found = ran(tmp_path, "carrying", str(photographs), "--pictures", "1", "--method", str(graph))
    assert set(found) == {"carrying", "carrying_answers"}


def test_shipping(tmp_path: Path, photographs: Path, graph: Path) -> None:
    arguments = ["--twin", str(graph), "--weights", str(graph), "--pictures", "2", "--repeats", "1"]
    found = ran(tmp_path, "shipping", str(photographs), *arguments)
    assert set(found) == {"shipping", "shipping_speed"}


def test_training(tmp_path: Path) -> None:
    found = ran(tmp_path, "training", "--batch", "2", "--sizes", "64", "--steps", "1")
    assert len(found["training"]) == 3


def test_capacity(tmp_path: Path, graph: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Exporting a whole net takes half a minute, and has tests of its own.
    monkeypatch.setattr(capacity, "to_onnx", lambda *_, **__: onnx.load(graph))
    assert len(ran(tmp_path, "capacity", "--repeats", "1")["capacity"]) == 1


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The graph of the size of DDColor-T, but of fewer blocks and for few pixels: exported once."""
    path = tmp_path_factory.mktemp("comparison") / "ddcolor_sized.onnx"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ddcolor_sized, "DEPTHS", (1, 1, 1, 1))
        ddcolor_sized.export(path, 64)
    return path


@pytest.mark.parametrize("section", speed.SECTIONS)
def test_speed(
    tmp_path: Path, graph: Path, comparison: Path, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        speed, "export", lambda path, size: path.write_bytes(comparison.read_bytes()) and size / 64
    )
    found = ran(tmp_path, "speed", section, "--repeats", "1", "--method", str(graph))
    assert set(found) == {f"speed_{section}"}


def test_load(tmp_path: Path) -> None:
    found = ran(tmp_path, "load", "--clients", "2", "--pictures", "4")
    assert {row["value"] for row in found["speed_load"] if "differ" in row["case"]} == {"0"}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts memory as Linux does")
def test_drafts(tmp_path: Path, graph: Path) -> None:
    (row,) = ran(tmp_path, "drafts", "--method", str(graph))["drafts"]
    assert 0 < float(row["counted MB"]) < 64


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts memory as Linux does")
def test_names(tmp_path: Path) -> None:
    (row,) = ran(tmp_path, "names")["names"]
    assert row["pictures"] == "50"


def test_fuzz(tmp_path: Path, graph: Path) -> None:
    arguments = ["--inputs", "3", "--jobs", "1", "--method", str(graph)]
    assert ran(tmp_path, "fuzz", *arguments)["fuzz"]


def test_the_pictures_of_the_pages(tmp_path: Path, graph: Path) -> None:
    pictures.main(["--method", str(graph), "--out", str(tmp_path)])
    made = sorted(tmp_path.glob("*.jpg"))
    assert {path.name for path in made} == {
        path.name for path in (pictures.DOCS / "pictures").glob("*.jpg")
    } - {"strokes.jpg"}
    with Image.open(made[0]) as strip:
        assert strip.height == pictures.HEIGHT
        assert strip.info["comment"].decode().startswith(methods.load(graph).info.name)


def test_every_name_is_run_in_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [
        name
        for name in NAMES
        if not re.search(rf"\b{name}[. ]import main\b|\b{name}\.main\(|\"{name}\"[,\]]", tests)
    ] == []


def test_what_figures_of_colors_depend_on_is_kept_with_them(graph: Path) -> None:
    colorizer = methods.load(graph)
    facts = measure.known(colorizer, 3, 7)
    assert facts == {"weights": {colorizer.info.name: colorizer.info.sha256}, "pictures": 3, "seed": 7}
