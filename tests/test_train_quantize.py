"""The 8-bit twin of a graph keeps its contract and is told apart by nothing but its colors; graphs and sizes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from rechroma import methods, runtime, weights
from rechroma.errors import InputError, OptionError
from rechroma_train.__main__ import main
from rechroma_train.config import PackOptions
from rechroma_train.data import pack
from rechroma_train.export import quantize

SHIPPED = weights.path_of(weights.find("hintnet"))


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("quantize")
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for i in range(6):
        small = rng.integers(0, 255, (5, 7, 3), np.uint8)
        Image.fromarray(small).resize((224, 160)).save(folder / "pictures" / f"{i}.png")
    pack(PackOptions(sources=[folder / "pictures"], out=folder / "packed", short_side=160, jobs=1))
    return folder / "packed"


@pytest.fixture(scope="module")
def twin(packed, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("twin") / "small.int8.onnx"
    arguments = ["quantize", "--weights", str(SHIPPED), "--corpora", f"[{packed}]", "--out", str(out)]
    assert main([*arguments, "--windows", "8"]) == 0
    return out


def feeds(*shape: int, batch: int = 1, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    weight = (rng.random((batch, 1, *shape)) > 0.98).astype(np.float32)
    return {
        "lightness": rng.uniform(0, 100, (batch, 1, *shape)).astype(np.float32),
        "hint_ab": rng.uniform(-40, 40, (batch, 2, *shape)).astype(np.float32) * weight,
        "hint_weight": weight,
        "temperature": np.array(0.6, np.float32),
        "vividness": np.array(0.5, np.float32),
    }


def test_the_twin_keeps_contract_and_metadata(twin):
    one, other = (runtime.load(path, device="cpu", threads=1).contract for path in (SHIPPED, twin))
    assert one == other
    assert np.array_equal(one.bins, other.bins)
    given, made = (onnx.load(path) for path in (SHIPPED, twin))
    assert {p.key: p.value for p in given.metadata_props} == {p.key: p.value for p in made.metadata_props}


def test_the_twin_is_smaller_and_its_scores_stay_float(twin):
    assert twin.stat().st_size < 0.7 * SHIPPED.stat().st_size
    nodes = onnx.load(twin).graph.node
    made = {name: node.op_type for node in nodes for name in node.output}
    head = next(node for node in nodes if "net.head.weight" in node.input)
    assert made["net.head.weight"] == "Cast"
    after = [node for node in nodes if head.output[0] in node.input]
    assert [node.op_type for node in after] == ["Transpose"]
    assert sum(node.op_type == "QuantizeLinear" for node in nodes) > 20


def test_the_twin_colors_as_the_float_graph_does(twin):
    gray = np.tile(np.linspace(20, 90, 160, dtype=np.float32), (128, 1))
    one, other = (methods.load(str(path), device="cpu", threads=1).predict(gray) for path in (SHIPPED, twin))
    assert np.hypot(*np.moveaxis(one.ab - other.ab, -1, 0)).mean() < 6


def test_kept_layers_stay_float_and_what_bounds_them_too():
    model = quantize.with_float32_weights(onnx.load(SHIPPED))
    options = quantize.QuantizeOptions(weights=SHIPPED, corpora=[], out=Path())
    chosen = set(quantize.chosen_nodes(model, options))
    by_name = {node.name: node for node in model.graph.node}
    made = {name: node.name for node in model.graph.node for name in node.output}
    bounds = [by_name[name] for name in chosen if by_name[name].op_type in {"Relu", "Clip"}]
    assert bounds
    assert all(made[node.input[0]] in chosen for node in bounds)
    inputs = [name for each in chosen for name in by_name[each].input]
    assert not [name for name in inputs if "stem" in name or "blocks.0." in name or "net.head" in name]


@pytest.mark.parametrize("ranges", ["minmax", "percentile", "mse"])
def test_a_range_has_zero_in_it_and_rare_values_may_be_left_out(ranges):
    options = quantize.QuantizeOptions(weights=SHIPPED, corpora=[], out=Path(), ranges=ranges, percentile=99)
    values = np.concatenate([np.random.default_rng(0).normal(3, 0.2, 20_000), [900]]).astype(np.float32)
    low, high = quantize.value_range(values, options)
    assert low == 0
    assert high == 900 if ranges == "minmax" else 3 < high < 900


def test_nothing_to_quantize_or_to_calibrate_on_is_refused(packed, tmp_path):
    options = {"weights": SHIPPED, "out": tmp_path / "x.onnx"}
    with pytest.raises(OptionError, match="nothing is left"):
        quantize.main(quantize.QuantizeOptions(**options, corpora=[packed], keep=["*"]))
    with pytest.raises(OptionError, match="at least 1 of each"):
        quantize.main(quantize.QuantizeOptions(**options, corpora=[]))


@pytest.mark.parametrize("shape", [(32, 32), (32, 256), (96, 160), (224, 128), (320, 288)])
def test_the_shipped_graph_takes_any_multiple_of_its_step(shape):
    graph = runtime.load(SHIPPED, device="cpu", threads=1)
    (ab,) = graph.run(feeds(*shape), ["ab"])
    assert ab.shape == (1, 2, shape[0] // graph.contract.stride, shape[1] // graph.contract.stride)
    assert np.isfinite(ab).all()


@pytest.mark.parametrize("shape", [(64, 64), (96, 160)])
def test_a_picture_is_the_same_alone_and_in_a_batch(shape):
    graph = runtime.load(SHIPPED, device="cpu", threads=1)
    together = feeds(*shape, batch=3)
    (ab,) = graph.run(together, ["ab"])
    for i in range(3):
        alone = {name: value[i : i + 1] if value.ndim else value for name, value in together.items()}
        assert np.abs(graph.run(alone, ["ab"])[0] - ab[i : i + 1]).max() < 1e-3


@pytest.mark.parametrize("shape", [(100, 96), (96, 68), (33, 64)])
def test_sizes_between_are_refused_by_the_graph_and_filled_up_by_the_library(shape):
    graph = runtime.load(SHIPPED, device="cpu", threads=1)
    with pytest.raises(InputError, match="multiples of 32"):
        graph.run(feeds(*shape), ["ab"])
    seen = np.random.default_rng(0).uniform(0, 100, shape).astype(np.float32)
    filled = np.pad(seen, [(0, -side % graph.contract.multiple_of) for side in shape], mode="edge")
    colorizer = methods.load("hintnet", device="cpu", threads=1)
    h, w = (-(-side // graph.contract.stride) for side in shape)
    ab = colorizer.predict(seen).ab
    assert ab.shape == (h, w, 2)
    assert np.array_equal(ab, colorizer.predict(filled).ab[:h, :w])
