"""What a draft keeps, so that a person who draws need not wait, and how much of it."""

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

import graphs
import rechroma
from conftest import encoded, gray_jpeg
from rechroma.errors import UnreadableImage
from rechroma.hints import layers, references
from rechroma.kept import Kept, bytes_of
from rechroma.methods.network import NetworkColorizer
from rechroma.pipeline import Draft
from rechroma.pipeline import draft as drafts
from rechroma.types import ColorizeOptions, Hints, Layer, Marks, Point, Stroke

DEFAULT = ColorizeOptions(threads=1)
GREEN = Marks(points=(Point(x=0.5, y=0.7, color="#2e8b57", radius=0.05),))


@pytest.fixture(scope="module")
def file() -> bytes:
    """A gray JPEG of a photograph."""
    return encoded(Image.fromarray(data.astronaut()).convert("L"), "JPEG", quality=95)


@pytest.fixture
def draft(file: bytes) -> Draft:
    """The photograph, opened."""
    return Draft(file)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Counts how often a network is asked."""
    calls: list[object] = []
    predict = NetworkColorizer.predict

    def counting(self: NetworkColorizer, lightness: np.ndarray, **how: object) -> object:
        calls.append(how)
        return predict(self, lightness, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(NetworkColorizer, "predict", counting)
    return calls


@pytest.fixture
def matched(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Counts how often a picture is matched with a reference."""
    calls: list[object] = []
    match = references.match

    def counting(cells: np.ndarray, *given: object, **how: object) -> object:
        calls.append(how)
        return match(cells, *given, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(references, "match", counting)
    return calls


def strokes(count: int) -> list[Marks]:
    """Marks as they grow while a person draws."""
    drawn = [
        Stroke(places=((0.1, n / 20), (0.6, n / 20)), color=("#2e8b57", "#c03020")[n % 2])
        for n in range(count)
    ]
    return [Marks(strokes=tuple(drawn[: n + 1])) for n in range(count)]


def test_references_are_matched_once_whatever_is_drawn(draft: Draft, matched: list[object]) -> None:
    reference = encoded(Image.fromarray(data.astronaut()), "PNG")
    options = replace(DEFAULT, references=(reference,))
    for marks in strokes(4):
        draft.preview(replace(options, hints=marks), side=128)
        draft.look(0.5, 0.5, replace(options, hints=marks, warmth=0.3))
        draft.uncertainty_png(replace(options, hints=marks, vividness=0.4), side=64)
    assert len(matched) == 1
    draft.preview(replace(options, references=(reference, encoded(Image.fromarray(data.coffee()), "PNG"))))
    assert len(matched) == 3
    assert draft.result(replace(options, hints=GREEN)) == rechroma.colorize(
        encoded(Image.fromarray(data.astronaut()).convert("L"), "JPEG", quality=95),
        replace(options, hints=GREEN),
    )


def test_a_method_that_takes_no_hints_is_not_asked_again_for_a_stroke(
    file: bytes, graph_without_hints: Path, asked: list[object]
) -> None:
    draft = Draft(file)
    for marks in strokes(3):
        draft.preview(ColorizeOptions(method=str(graph_without_hints), threads=1, hints=marks), side=64)
    assert len(asked) == 1


@pytest.fixture(scope="module")
def graph_without_hints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graphs.save(tmp_path_factory.mktemp("graph") / "plain.onnx", graphs.Sketch(optional=frozenset()))


def test_a_painted_layer_is_decoded_once_while_a_person_draws_on(
    draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.zeros((512, 512, 4), np.uint8)
    pixels[:200, :200] = (0xA3, 0x3B, 0x2E, 255)
    layer = Layer(png=encoded(pixels, "PNG"))
    read: list[object] = []
    opening = layers._open
    monkeypatch.setattr(layers, "_open", lambda layer, *given: read.append(layer) or opening(layer, *given))
    for marks in strokes(3):
        draft.preview(replace(DEFAULT, hints=replace(marks, layers=(layer,))), side=256)
    assert len(read) == 2, "once at the size of the network, once at that of the screen"
    read.clear()
    draft.result(replace(DEFAULT, hints=Marks(layers=(layer,)), format="png"))
    assert len(read) == 1, (
        "once at the full size: not for every band of rows, and not at the size of the network again"
    )


def test_a_file_that_changed_is_not_taken_for_the_one_that_was_opened(file: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(Image.fromarray(data.camera()), "PNG"))
    draft = Draft(path, most_bytes=0)
    assert draft.preview(DEFAULT, side=64)
    path.write_bytes(file)
    with pytest.raises(UnreadableImage, match="changed"):
        draft.preview(DEFAULT, side=64)


def large(kind: str) -> bytes:
    """Make a file of 48 megapixels with the texture of a photograph."""
    texture = (
        data.astronaut() if kind == "TIFF" else np.asarray(Image.fromarray(data.astronaut()).convert("L"))
    )
    pixels = np.tile(texture, (12, 16, 1)[: texture.ndim])[:6000, :8000]
    if kind != "TIFF":
        return encoded(pixels, kind, **({"quality": 95} if kind == "JPEG" else {"compress_level": 1}))
    return encoded(pixels, "TIFF")


@pytest.mark.parametrize(
    "kind", ["JPEG", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("PNG", "TIFF"))]
)
def test_a_draft_of_48_megapixels_holds_no_more_than_100_megabytes(kind: str, tmp_path: Path) -> None:
    """Counts what Python and NumPy hold after everything that the studio asks for."""

    def work_on(draft: Draft, *, side: int) -> None:
        draft.gray(side)
        draft.preview(DEFAULT, side)
        for marks in strokes(8):
            draft.preview(replace(DEFAULT, hints=marks), 256)
        draft.look(0.5, 0.5, replace(DEFAULT, vividness=0.3))
        draft.uncertainty_png(DEFAULT)
        for proposal in draft.propose(3, DEFAULT):
            draft.preview(replace(DEFAULT, hints=proposal.hints), 256)

    work_on(Draft(gray_jpeg(60, 80)), side=64)  # tables and graphs are everybody's
    path = tmp_path / "large"
    path.write_bytes(large(kind))
    gc.collect()
    tracemalloc.start()
    try:
        draft = Draft(path)
        work_on(draft, side=2048)
        gc.collect()
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert 10e6 < held < 100e6, held
    assert 0 < draft.kept_bytes <= drafts.MOST_BYTES


def test_what_is_kept_is_bounded_in_bytes_the_latest_used_last() -> None:
    kept = Kept(100)
    made: list[str] = []

    def get(name: str, size: int) -> None:
        kept.get("kind", name, lambda: made.append(name) or np.zeros(size, np.uint8))

    for name, size in (
        ("a", 40),
        ("b", 40),
        ("a", 40),
        ("c", 40),
        ("a", 40),
        ("b", 40),
        ("huge", 101),
        ("a", 40),
    ):
        get(name, size)
    assert made == ["a", "b", "c", "b", "huge"]
    assert kept.bytes == 80
    assert (
        bytes_of((b"12345", Hints(ab=np.zeros((2, 2, 2), np.float32), weight=np.zeros((2, 2), np.float32))))
        > 48
    )
    assert bytes_of(np.zeros((10, 3), np.uint8)[..., :1]) == 30, "a view holds its base"
