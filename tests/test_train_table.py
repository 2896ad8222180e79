"""Every net of the table keeps the shape of a net, whatever its paper."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from rechroma.runtime.tasks import TASKS
from rechroma_train import bins, nets, parsing, train
from rechroma_train.checkpoints import load_net
from rechroma_train.config import ExportOptions, RegressOptions
from rechroma_train.export import colorizer
from rechroma_train.export.wrappers import Classified, example
from rechroma_train.nets import NETS
from runs import run_options

ROOT = Path(__file__).parents[1]


def pictures(net: nets.Net) -> tuple[torch.Tensor, ...]:
    """Two windows for what a net takes, the smallest that are not square."""
    side = max(net.multiple_of, 2 * net.stride)
    return example(Classified(net, torch.ones(bins.COUNT)), 2 * side, 3 * side, seed=0)[: 1 + len(net.takes)]


@pytest.mark.parametrize("outputs", [bins.COUNT, 2])
@pytest.mark.parametrize("name", NETS)
def test_a_net_predicts_at_its_stride_and_learns_in_all_of_its_parts(name: str, outputs: int) -> None:
    torch.manual_seed(0)
    net = nets.build(NETS[name].options(), outputs=outputs)
    given = pictures(net)
    height, width = (side // net.stride for side in given[0].shape[2:])
    predicted = net(*given)
    assert predicted.shape == (2, outputs, height, width)
    predicted.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    net.eval()
    with torch.no_grad():
        whole = net(*given)
        torch.testing.assert_close(
            net(*given, rows=slice(1, None, 2)), whole[:, :, 1::2], atol=1e-4, rtol=1e-4
        )
        torch.testing.assert_close(net.folded()(*given), whole, atol=2e-3, rtol=1e-3)


@pytest.mark.parametrize("name", NETS)
def test_a_net_says_what_it_is(name: str) -> None:
    options = NETS[name].options()
    net = nets.build(options, outputs=bins.COUNT)
    assert options.name == name
    assert net.options == options
    assert set(net.takes) <= set(TASKS["colorize"].inputs)
    assert net.multiple_of % net.stride == 0
    assert net.paper[-4:].isdigit()
    assert {f.name for f in fields(options)} >= {"name"}


@pytest.mark.parametrize("name", NETS)
def test_a_net_has_a_configuration_that_trains_it(name: str) -> None:
    paths = [path for path in (ROOT / "configs").glob("*.yaml") if "_features" not in path.name]
    assert name in {parsing.read(path).net.name for path in paths}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::UserWarning")
@pytest.mark.parametrize("regressed", [False, True], ids=["classified", "regressed"])
@pytest.mark.parametrize("name", NETS)
def test_a_net_becomes_a_graph_that_the_library_runs(name: str, regressed: bool, tmp_path: Path) -> None:
    import json
    from dataclasses import asdict

    import yaml

    import rechroma

    task = {"task": RegressOptions()} if regressed else {}
    run = run_options(corpora=[], out=tmp_path, net=NETS[name].options(), **task)
    net = nets.build(run.net, outputs=2 if regressed else bins.COUNT)
    torch.save(
        {"state_dict": {f"net.{k}": v for k, v in net.state_dict().items()}}, tmp_path / train.CHECKPOINT
    )
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(asdict(run), default=str))))
    (tmp_path / train.PRIOR).write_text(json.dumps({"counts": [1.0] * bins.COUNT}))
    assert load_net(tmp_path / train.CHECKPOINT).options == run.net
    path = tmp_path / "net.onnx"
    row = colorizer.main(ExportOptions(run=tmp_path, out=path, name=f"{name}.test", work_size=64))
    assert net.paper in row
    picture = np.random.default_rng(0).integers(0, 255, (50, 70), np.uint8)
    assert rechroma.colorize(picture, rechroma.ColorizeOptions(method=str(path))).shape == (50, 70, 3)
