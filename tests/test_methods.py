"""The registry, and what every colorizer promises: shape, range, odd sizes, determinism, no mutation."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rechroma.methods as registry
from graphs import BINS, OPTIONAL, STRIDE, Sketch, save
from rechroma import weights
from rechroma.errors import ContractMismatch, InputError, OptionError, UnknownMethod, WeightsNotFound
from rechroma.methods import METHODS, available, load
from rechroma.types import Colorizer, Hints, PredictOptions

SIZES = [(1, 1), (1, 7), (13, 1), (31, 33), (64, 48), (65, 129)]


def lightness(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 1000 + width).uniform(0, 100, (height, width)).astype(np.float32)


def no_hints(height: int, width: int) -> Hints:
    return Hints(ab=np.zeros((height, width, 2), np.float32), weight=np.zeros((height, width), np.float32))


def told(colorizer: Colorizer, height: int, width: int) -> dict[str, Any]:
    """Give a colorizer of every kind what it cannot do without."""
    known: dict[str, Any] = {}
    if "hints" in colorizer.info.takes:
        known["hints"] = no_hints(height, width)
        known["hints"].ab[0, 0], known["hints"].weight[0, 0] = (20, -10), 1
    if "references" in colorizer.info.takes:
        picture = np.random.default_rng(7).uniform(-60, 60, (12, 9, 3)).astype(np.float32)
        picture[..., 0] += 60
        known["references"] = [picture]
    return known


@pytest.fixture(scope="session")
def graph(tmp_path_factory) -> Path:
    return save(tmp_path_factory.mktemp("graphs") / "mine.onnx")


@pytest.fixture(scope="session", params=["mine.onnx", *sorted(available())])
def colorizer(request, graph) -> Colorizer:
    """Every method there is, and a graph of the user's own."""
    return load(graph if request.param == "mine.onnx" else request.param, device="cpu", threads=1)


# what every colorizer promises


@pytest.mark.parametrize("size", SIZES)
def test_ab_is_float32_finite_and_in_range_at_any_size(colorizer, size):
    ab = colorizer.predict(lightness(*size), **told(colorizer, *size)).ab
    assert ab.dtype == np.float32
    assert ab.ndim == 3
    assert ab.shape[2] == 2
    assert 1 <= ab.shape[0] <= size[0]
    assert 1 <= ab.shape[1] <= size[1]
    assert ab.flags.c_contiguous
    assert np.abs(ab).max() <= 115


def test_ab_keeps_the_proportions_of_whole_sizes(colorizer):
    side = colorizer.info.multiple_of
    size = 2 * side, 3 * side
    h, w, _ = colorizer.predict(lightness(*size), **told(colorizer, *size)).ab.shape
    assert 3 * h == 2 * w


@pytest.mark.parametrize("level", [0, 50, 100])
def test_a_plain_picture_is_colored_without_fuss(colorizer, level):
    plain = np.full((40, 40), level, np.float32)
    assert np.isfinite(colorizer.predict(plain, **told(colorizer, 40, 40)).ab).all()


def test_a_prediction_is_the_same_each_time(colorizer):
    picture = lightness(61, 47)
    first, second = (colorizer.predict(picture, **told(colorizer, 61, 47)).ab for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_inputs_are_left_as_they_were(colorizer):
    picture, known = lightness(61, 47), told(colorizer, 61, 47)
    hints = known.get("hints", no_hints(1, 1))
    for array in (picture, hints.ab, hints.weight, *known.get("references", [])):
        array.flags.writeable = False
    colorizer.predict(picture, **known)


def test_a_picture_in_fortran_order_or_a_view_is_the_same_picture(colorizer):
    picture = lightness(64, 64)
    known = told(colorizer, 64, 64)
    expected = colorizer.predict(picture, **known).ab
    for same in (np.asfortranarray(picture), np.repeat(picture, 2, axis=0)[::2]):
        np.testing.assert_array_equal(colorizer.predict(same, **known).ab, expected)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 1), (0, 4)])
def test_what_is_no_lightness_is_refused(colorizer, shape):
    with pytest.raises(InputError, match="lightness has shape"):
        colorizer.predict(np.zeros(shape, np.float32))


def test_hints_of_another_size_are_refused(colorizer):
    if "hints" not in colorizer.info.takes:
        pytest.skip("takes no hints")
    with pytest.raises(InputError, match=r"hints have size \(8, 8\); the lightness has \(9, 8\)"):
        colorizer.predict(lightness(9, 8), hints=told(colorizer, 8, 8)["hints"])


def test_what_a_colorizer_does_not_take_is_refused(colorizer):
    known = told(colorizer, 9, 8)
    if "hints" not in colorizer.info.takes:
        with pytest.raises(OptionError, match=rf"{colorizer.info.name} takes no hints"):
            colorizer.predict(lightness(9, 8), hints=no_hints(9, 8), **known)
    if "references" not in colorizer.info.takes:
        with pytest.raises(OptionError, match=rf"{colorizer.info.name} looks at no references itself"):
            colorizer.predict(lightness(9, 8), references=[np.zeros((4, 4, 3), np.float32)], **known)


def test_the_registry_says_what_a_colorizer_needs():
    for name, method in METHODS.items():
        colorizer = method.load("cpu", 1)
        assert colorizer.info.takes == method.needs, name
        assert colorizer.info.needs == method.needs
        assert colorizer.info.name == name
        assert not colorizer.info.trained
        assert method.paper


def test_the_weights_say_what_they_are(colorizer):
    info = colorizer.info
    assert info.name
    assert len(info.sha256) in {0, 64}
    assert info.work_size >= info.multiple_of >= 1


# what a network adds


def test_a_graph_of_ones_own_needs_no_row(graph):
    mine = load(str(graph))
    assert mine.info.name == "mine.onnx"
    assert mine.info.sha256 == hashlib.sha256(graph.read_bytes()).hexdigest()
    assert (mine.info.work_size, mine.info.multiple_of) == (64, 8)
    assert mine.device in {"cpu", "cuda", "coreml", "directml", "openvino"}


@pytest.mark.parametrize("size", SIZES)
def test_sizes_are_the_input_over_the_stride_rounded_up(graph, size):
    prediction = load(graph).predict(lightness(*size), with_logits=True)
    expected = tuple(-(-side // STRIDE) for side in size)
    assert prediction.ab.shape == (*expected, 2)
    assert prediction.logits.shape == (*expected, len(BINS))
    assert prediction.logits.flags.c_contiguous


def test_padding_repeats_the_edge(graph):
    picture = lightness(13, 10)
    padded = np.pad(picture, [(0, 3), (0, 6)], mode="edge")
    np.testing.assert_array_equal(load(graph).predict(picture).ab, load(graph).predict(padded).ab[:4, :3])


def test_logits_come_only_where_asked_for(graph):
    assert load(graph).predict(lightness(8, 8)).logits is None
    np.testing.assert_array_equal(load(graph).bins, BINS)


def test_a_hint_colors_its_place_and_not_the_padding(graph):
    hints = no_hints(9, 9)
    hints.ab[8, 8], hints.weight[8, 8] = (30, -20), 1
    colored = load(graph).predict(lightness(9, 9), hints=hints).ab
    plain = load(graph).predict(lightness(9, 9)).ab
    np.testing.assert_allclose(
        colored[2, 2], np.array([30, -20]) / STRIDE**2
    )  # one pixel of the cell's sixteen
    np.testing.assert_array_equal(colored[:2], plain[:2])


def test_no_hints_and_hints_without_weight_are_the_same(graph):
    np.testing.assert_array_equal(
        load(graph).predict(lightness(20, 20)).ab,
        load(graph).predict(lightness(20, 20), hints=no_hints(20, 20)).ab,
    )


def test_vividness_and_temperature_reach_the_graph(graph):
    picture = lightness(32, 32)
    chroma = {
        (v, t): np.abs(
            load(graph).predict(picture, options=PredictOptions(vividness=v, temperature=t)).ab
        ).mean()
        for v in (0, 1)
        for t in (0.2, 1)
    }
    assert len(set(chroma.values())) == 4
    assert chroma[1, 1] > chroma[0, 1]


def test_the_graphs_own_defaults_hold_where_nothing_is_given(graph):
    picture = lightness(32, 32)
    given = PredictOptions(vividness=0.5, temperature=0.4)
    np.testing.assert_array_equal(
        load(graph).predict(picture).ab, load(graph).predict(picture, options=given).ab
    )


@pytest.mark.parametrize("field", ["vividness", "temperature"])
def test_an_option_that_the_graph_lacks_is_refused_by_name(tmp_path, field):
    poor = load(save(tmp_path / "a.onnx", Sketch(optional=OPTIONAL - {field})))
    poor.predict(lightness(8, 8))
    with pytest.raises(OptionError, match=rf"{field} is 0\.5; a\.onnx takes none"):
        poor.predict(lightness(8, 8), options=PredictOptions(**{field: 0.5}))


def test_hints_that_the_graph_cannot_take_are_refused(tmp_path):
    poor = load(save(tmp_path / "a.onnx", Sketch(optional=frozenset())))
    poor.predict(lightness(8, 8))
    with pytest.raises(OptionError, match=r"a\.onnx takes no hints"):
        poor.predict(lightness(8, 8), hints=no_hints(8, 8))


def test_logits_that_the_graph_lacks_are_refused(tmp_path):
    poor = load(save(tmp_path / "a.onnx", Sketch(logits=False)))
    with pytest.raises(OptionError, match=r"a\.onnx gives no logits"):
        poor.predict(lightness(8, 8), with_logits=True)


# the registry


@pytest.fixture
def rows(monkeypatch, graph, tmp_path):
    """Three rows in weights.toml, of two architectures."""
    monkeypatch.setattr(weights.files, "DATA", graph.parent)
    common = {
        "file": graph.name,
        "sha256": hashlib.sha256(graph.read_bytes()).hexdigest(),
        "bytes": graph.stat().st_size,
        "task": "colorize",
        "work_size": 64,
        "multiple_of": 8,
        "tiling": "never",
        "license": "Apache-2.0",
        "paper": "Nobody 2026",
        "card": "card.md",
        "config": "config.yaml",
    }
    changes = [
        {"name": "nettest.small"},
        {"name": "nettest.wrong", "work_size": 128},
        {"name": "othernet.vivid", "defaults": PredictOptions(vividness=1.0)},
    ]
    table = tuple(weights.Row(**(common | change)) for change in changes)
    monkeypatch.setattr(weights, "rows", lambda: table)
    return table


def test_every_row_is_a_method(rows):
    assert available().keys() == METHODS.keys() | {row.name for row in rows}
    assert available()["nettest.small"].paper == "Nobody 2026"


def test_an_architecture_alone_means_its_first_row(rows):
    assert load("nettest").info.name == "nettest.small"
    assert load("othernet").info.name == "othernet.vivid"
    assert load("nettest").info.sha256 == rows[0].sha256


def test_the_defaults_of_a_row_go_before_the_graphs(rows):
    picture = lightness(32, 32)
    expected = load("nettest").predict(picture, options=PredictOptions(vividness=1, temperature=0.4)).ab
    np.testing.assert_array_equal(load("othernet").predict(picture).ab, expected)


def test_a_row_that_contradicts_its_graph_is_refused(rows):
    with pytest.raises(ContractMismatch, match=r"nettest\.wrong: the row says work_size 128, the graph 64"):
        load("nettest.wrong")


def test_an_unknown_name_gets_the_nearest(rows):
    with pytest.raises(UnknownMethod, match=r"'netest\.smal'; nearest: nettest\.small"):
        load("netest.smal")


def test_a_graph_file_that_is_not_there_is_told():
    with pytest.raises(WeightsNotFound, match=r"nowhere\.onnx"):
        load("nowhere.onnx")


def test_naming_the_methods_loads_no_runtime():
    import subprocess
    import sys

    code = "import sys, rechroma.methods as m; m.available(); print('onnxruntime' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
    assert registry.__doc__
