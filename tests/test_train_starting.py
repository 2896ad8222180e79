"""A run that begins from a graph predicts what the graph predicts, and learns from there."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from packed import packed
from rechroma import weights
from rechroma.errors import WeightsError, WeightsNotFound
from rechroma_train import bins, starting, train
from rechroma_train.checkpoints import load_net
from rechroma_train.config import ExportOptions, PackOptions, TrainOptions
from rechroma_train.data import Corpus, pack
from rechroma_train.export import colorizer as export
from rechroma_train.nets.hintnet import HintNet, HintNetOptions
from rechroma_train.stream import make_batch
from runs import changed, run_options

pytestmark = pytest.mark.filterwarnings(
    "ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning"
)
SMALL = HintNetOptions(widths=(32, 24, 16), blocks=(1, 1, 1))


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> TrainOptions:
    folder = tmp_path_factory.mktemp("starting")
    return run_options(
        corpora=[packed(folder, count=6)],
        out=folder / "run",
        net=SMALL,
        sizes=[64],
        size_ends=[],
        batch=8,
        pictures=64,
        warmup=8,
        prior_pictures=64,
    )


@pytest.fixture(scope="module")
def graph(options: TrainOptions) -> Path:
    train.main(options)
    path = options.run.out / "graph.onnx"
    export.main(ExportOptions(run=options.run.out, out=path))
    return path


def test_a_net_that_begins_from_a_graph_predicts_what_its_run_does(options, graph):
    batches = [make_batch([Corpus.open(options.data.corpora[0])], options, step) for step in range(2)]
    net = HintNet(SMALL)
    starting.begin(net, graph, batches)
    trained = load_net(options.run.out / train.CHECKPOINT)
    batch = batches[0]
    given = (batch.lightness, batch.hint_ab, batch.hint_weight)
    with torch.no_grad():
        torch.testing.assert_close(net.eval()(*given), trained(*given), atol=0.02, rtol=0.01)
        # Norms that had measured nothing would change what it says as soon as it learns.
        torch.testing.assert_close(net.train()(*given), trained(*given), atol=1.0, rtol=0.0)


def test_the_prior_of_a_graph_is_that_of_its_run(options, graph, tmp_path):
    later = changed(options, out=tmp_path / "later", start=graph, pictures=8)
    train.main(later)
    np.testing.assert_allclose(
        train.load_prior(later.run.out / train.PRIOR),
        train.load_prior(options.run.out / train.PRIOR),
        rtol=1e-3,
    )


def test_a_net_tuned_on_red_pictures_paints_redder_than_the_one_it_began_from(options, graph, tmp_path):
    (tmp_path / "red").mkdir()
    rng = np.random.default_rng(0)
    for i in range(4):
        gray = rng.integers(40, 200, (4, 5, 1), np.uint8)
        red = np.concatenate((gray // 2 + 120, gray // 2, gray // 2), axis=2)
        Image.fromarray(red).resize((80, 64)).save(tmp_path / "red" / f"{i}.png")
    pack(PackOptions(sources=[tmp_path / "red"], out=tmp_path / "packed", short_side=64, jobs=1))
    run = changed(
        options, corpora=[tmp_path / "packed"], out=tmp_path / "run", start=graph, pictures=320, ema=0.9
    )
    train.main(run)

    def mean_a(folder: Path) -> float:
        gray = torch.linspace(30, 70, 64 * 64).reshape(1, 1, 64, 64)
        none = torch.zeros_like(gray)
        with torch.no_grad():
            scores = load_net(folder / train.CHECKPOINT)(gray, torch.cat((none, none), 1), none)
        return float((torch.softmax(scores.permute(0, 2, 3, 1), 3) @ bins.centers())[..., 0].mean())

    assert mean_a(run.run.out) > mean_a(options.run.out) + 5


def test_weights_are_found_by_name_and_what_is_missing_is_named(tmp_path):
    assert starting.resolve(Path("hintnet")) == weights.path_of(weights.find("hintnet"))
    with pytest.raises(WeightsNotFound, match="hintnett"):
        starting.resolve(Path("hintnett"))
    with pytest.raises(WeightsError, match="no such file"):
        starting.resolve(tmp_path / "none.onnx")
