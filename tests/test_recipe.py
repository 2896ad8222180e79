"""A result knows its settings: they stand in its file, and are read back without decoding it."""

import dataclasses
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import rechroma
from conftest import encoded, gray_jpeg, scene
from rechroma import image, methods
from rechroma.errors import UnknownMethod, UnreadableImage, WeightsNotFound
from rechroma.pipeline.recipe import NOT_IN_THE_PIXELS, recipe
from rechroma.types import ColorizeOptions, Layer, Marks, Point, Stroke

KINDS = ("JPEG", "PNG", "TIFF", "WEBP")
MADE = image.Provenance(
    version="1.2",
    model="hintnet.small",
    sha256="ab" * 32,
    settings='{"a":"é & <b>"}',
    source_type="algorithmicallyEnhanced",
)
RED = Point(x=0.5, y=0.5, color="#ff0000")

OTHERS: dict[str, Any] = {
    "vividness": 0.5,
    "temperature": 0.3,
    "saturation": 1.2,
    "warmth": 0.1,
    "hints": Marks(points=(RED,)),
    "reach": 0.5,
    "references": (encoded(np.dstack([scene(8, 8)] * 3), "PNG"),),
    "refine": "guided",
    "quality": 90,
    "lossless_luma": False,
}
"""Another value of every option that changes pixels, but for those that need a file."""


def line(options: ColorizeOptions, **change: str) -> str:
    return recipe(options, **{"method": "m", "weights": "ab", "source": "cd", **change})


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_of_every_format_gives_back_how_it_was_made(
    kind: str, options: ColorizeOptions, tmp_path: Path
) -> None:
    source = encoded(scene(30, 40), kind)
    chosen = replace(options, saturation=0.5, hints=Marks(points=(RED,)))
    result = rechroma.colorize(source, chosen)
    (tmp_path / "result").write_bytes(result)
    found = image.read_provenance(result)
    assert found is not None
    assert found == image.read_provenance(tmp_path / "result") == image.read_provenance(f"{tmp_path}/result")
    assert (found.tool, found.version) == ("Rechroma", rechroma.__version__)
    method, weights = methods.identify(chosen.method)
    assert (found.model, found.sha256) == (method, weights)
    told = {"glance": image.glance_of(source)}
    hashed = image.sha256_of(source)
    assert found.settings == recipe(chosen, method=method, weights=weights, source=hashed, noted=told)
    assert json.loads(found.settings)["saturation"] == 0.5


def test_without_provenance_a_result_gives_none(options: ColorizeOptions) -> None:
    for kind in KINDS:
        result = rechroma.colorize(encoded(scene(30, 40), kind), replace(options, provenance=False))
        assert image.read_provenance(result) is None


def test_a_result_of_an_older_version_has_no_settings() -> None:
    picture = image.read(gray_jpeg())
    older = replace(MADE, settings="", source_type="compositeWithTrainedAlgorithmicMedia")
    data = image.encode_rgb(picture, np.dstack([scene(90, 120)] * 3), "png", provenance=older)
    assert image.read_provenance(data) == older


def test_what_tells_of_no_coloring_gives_none(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    others = [encoded(scene(9, 9), kind) for kind in KINDS]
    others += [b"", b"\xff\xd8", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00", b"MM\x00*\xff\xff\xff\xff", b"text"]
    for other in (*others, tmp_path / "empty.png", tmp_path / "missing.png", tmp_path):
        assert image.read_provenance(other) is None


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp"])
def test_a_damaged_result_gives_none_or_what_is_left_of_it(kind: Any) -> None:
    rng = np.random.default_rng(8)
    data = image.encode_rgb(image.read(scene(9, 9)), np.dstack([scene(9, 9)] * 3), kind, provenance=MADE)
    assert image.read_provenance(data) == MADE
    for _ in range(400):
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[rng.integers(0, len(data), 6)] = rng.integers(0, 256, 6)
        found = image.read_provenance(damaged.tobytes()[: rng.integers(1, len(data) + 1)])
        assert found is None or isinstance(found, image.Provenance)


def test_reading_how_it_was_made_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = image.encode_rgb(image.read(scene(9, 9)), np.dstack([scene(9, 9)] * 3), "png", provenance=MADE)
    monkeypatch.setattr(Image, "open", None)
    assert image.read_provenance(data) == MADE


def test_every_option_that_changes_pixels_is_in_the_line_and_no_other() -> None:
    names = {field.name for field in dataclasses.fields(ColorizeOptions)}
    told = {*OTHERS, "method", "reference_library"}
    assert told | NOT_IN_THE_PIXELS == names
    assert not told & NOT_IN_THE_PIXELS
    plain = line(ColorizeOptions())
    lines = {line(replace(ColorizeOptions(), **{name: value})) for name, value in OTHERS.items()}
    lines |= {line(ColorizeOptions(), **{name: "ef"}) for name in ("method", "weights", "source")}
    assert len(lines | {plain}) == len(OTHERS) + 4
    same = replace(ColorizeOptions(), format="png", provenance=False, device="cpu", threads=2)
    assert line(replace(same, max_megapixels=5)) == plain


def test_what_was_asked_alike_has_the_same_line(tmp_path: Path) -> None:
    whole: Any = 1
    assert line(ColorizeOptions(vividness=whole, saturation=whole)) == line(ColorizeOptions(vividness=1.0))
    colors = Marks(points=(RED,), palette=("#00ff00",))
    assert line(ColorizeOptions(hints=colors)) == line(ColorizeOptions(hints=Marks(points=(RED,))))
    picture = encoded(scene(8, 8), "PNG")
    (tmp_path / "a.png").write_bytes(picture)
    by_path = ColorizeOptions(references=(tmp_path / "a.png",))
    assert line(by_path) == line(ColorizeOptions(references=(picture,)))


def test_marks_of_every_kind_count() -> None:
    stroke = Stroke(places=((0.1, 0.1),), color=None)
    several = [
        Marks(points=(RED,)),
        Marks(points=(replace(RED, x=0.4),)),
        Marks(strokes=(stroke,)),
        Marks(layers=(Layer(png=b"one"),)),
        Marks(layers=(Layer(png=b"two"),)),
    ]
    assert len({line(ColorizeOptions(hints=marks)) for marks in several}) == len(several)
    assert len(line(ColorizeOptions(hints=Marks(layers=(Layer(png=bytes(10**6)),))))) < 600


def test_another_picture_in_the_library_is_another_line(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"one")
    options = ColorizeOptions(reference_library=tmp_path)
    before = line(options)
    assert line(options) == before != line(ColorizeOptions())
    (tmp_path / "b.png").write_bytes(b"two")
    assert line(options) != before


def test_a_missing_reference_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"gone\.png"):
        line(ColorizeOptions(references=(tmp_path / "gone.png",)))


def test_a_method_is_identified_without_being_loaded(graph: Path, tmp_path: Path) -> None:
    for name in ("hintnet", "scribble", "transfer", str(graph)):
        info = methods.load(name, device="cpu").info
        assert methods.identify(name) == (info.name, info.sha256)
    with pytest.raises(UnknownMethod, match="hintnet"):
        methods.identify("hintnot")
    with pytest.raises(WeightsNotFound, match="no graph"):
        methods.identify(tmp_path / "gone.onnx")
