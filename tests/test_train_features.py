"""The features graph: whitened activations of an encoder, exported and held against its net."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from rechroma import methods, runtime, weights
from rechroma.errors import ContractMismatch, OptionError, UnknownMethod, WeightsError
from rechroma_train.config import ExportOptions, PackOptions
from rechroma_train.data import pack
from rechroma_train.export import features
from rechroma_train.nets.hintnet.encoder import Encoder

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    torch.manual_seed(0)
    return Encoder().eval()


@pytest.fixture(scope="module")
def options(tmp_path_factory) -> ExportOptions:
    folder = tmp_path_factory.mktemp("features")
    (folder / "pictures").mkdir()
    rng = np.random.default_rng(0)
    for i in range(8):
        small = rng.integers(0, 255, (6, 8, 3), np.uint8)
        Image.fromarray(small).resize((128, 96)).save(folder / "pictures" / f"{i}.png")
    pack(PackOptions(sources=[folder / "pictures"], out=folder / "packed", short_side=96, jobs=1))
    return ExportOptions(
        run=folder,
        out=folder / "features.onnx",
        name="features.test",
        task="features",
        corpora=[folder / "packed"],
        work_size=64,
    )


@pytest.fixture(scope="module")
def row(options, encoder) -> weights.Row:
    (found,) = weights.parse(features.export(options, encoder))
    return found


def test_the_row_describes_the_file_that_was_written(row, options):
    assert (row.name, row.task, row.file) == ("features.test", "features", options.out.name)
    assert row.bytes == options.out.stat().st_size
    assert row.sha256 == weights.digest(options.out)


def test_the_library_runs_the_graph_as_features(row, options):
    graph = runtime.load(options.out, task="features")
    assert (graph.contract.task, graph.contract.stride, graph.contract.bins) == ("features", 8, None)
    (given,) = graph.run({"lightness": np.full((1, 1, 32, 48), 40, np.float32)}, ["features"])
    assert given.shape == (1, features.CHANNELS, 4, 6)
    np.testing.assert_allclose(np.linalg.norm(given, axis=1), 1, atol=1e-4)


def test_a_graph_wanted_for_another_task_is_refused(row, options):
    with pytest.raises(ContractMismatch, match="task is 'features'; accepted: 'colorize'"):
        runtime.load(options.out)
    with pytest.raises(ContractMismatch, match="task is 'colorize'; accepted: 'features'"):
        runtime.load(weights.path_of(weights.find("hintnet.small")), task="features")


def test_features_are_no_method():
    assert "hintnet_features.small" not in methods.available()
    with pytest.raises(UnknownMethod):
        methods.load("hintnet_features.small")


def test_whitening_leaves_no_mean_and_no_favorite_direction(encoder):
    module = features.Features(encoder)
    rng = np.random.default_rng(0)
    raw = (rng.normal(0, 1, (4000, 152)) @ rng.normal(0, 1, (152, 152)) + 3).astype(np.float32)
    module.learn_whitening(raw)
    with torch.no_grad():
        white = module.whiten(torch.from_numpy(raw)[:, :, None, None])[..., 0, 0].numpy()
    assert np.abs(white.mean(0)).max() < 0.01
    spread = np.cov(white.T)
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 0.01
    assert np.diag(spread).min() > 0.5


def test_the_same_pictures_give_the_same_graph(row, options, encoder, tmp_path):
    copy = ExportOptions(
        run=options.run,
        out=tmp_path / "again.onnx",
        name="features.test",
        task="features",
        corpora=options.corpora,
        work_size=64,
    )
    assert row.sha256 in features.export(copy, encoder)


def test_features_without_pictures_to_whiten_on_are_refused(encoder, tmp_path):
    with pytest.raises(OptionError, match="corpora is empty"):
        features.export(ExportOptions(run=tmp_path, out=tmp_path / "a.onnx", task="features"), encoder)


def test_a_graph_that_differs_from_its_net_is_not_written(options, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(features, "differences", lambda *_: (1.0, 1.0))
    out: Path = tmp_path / "bad.onnx"
    with pytest.raises(WeightsError, match="graph and net differ by 1"):
        features.export(
            ExportOptions(run=tmp_path, out=out, task="features", corpora=options.corpora), encoder
        )
    assert not out.exists()


def test_the_file_names_no_folder_of_the_machine_it_was_made_on(row, options):
    model = onnx.load(options.out)
    assert not any(node.doc_string or node.metadata_props for node in model.graph.node)
