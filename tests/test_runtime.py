"""Graph contract v1, devices, sessions."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from graphs import BINS, OPTIONAL, Sketch, restorer, save
from rechroma import runtime
from rechroma.errors import ContractMismatch, InputError, OptionError, WeightsError, WeightsNotFound
from rechroma.runtime import session
from rechroma.types import DEVICES, PredictOptions


def feeds(height: int = 16, width: int = 24) -> dict[str, np.ndarray]:
    return {
        "lightness": np.linspace(0, 100, height * width, dtype=np.float32).reshape(1, 1, height, width),
        "hint_ab": np.zeros((1, 2, height, width), np.float32),
        "hint_weight": np.zeros((1, 1, height, width), np.float32),
        "vividness": np.array(1, np.float32),
        "temperature": np.array(1, np.float32),
    }


# the contract


def test_a_graph_that_keeps_the_contract_tells_what_it_is(tmp_path):
    contract = runtime.load(save(tmp_path / "a.onnx")).contract
    assert contract.name == "nettest.small"
    assert (contract.work_size, contract.multiple_of, contract.stride) == (64, 8, 4)
    assert contract.inputs == OPTIONAL | {"lightness"}
    assert contract.defaults == PredictOptions(vividness=0.5, temperature=0.4)
    assert contract.license == "Apache-2.0"
    np.testing.assert_array_equal(contract.bins, BINS)


@pytest.mark.parametrize(
    "optional", [frozenset(), {"temperature"}, {"vividness"}, {"hint_ab", "hint_weight"}]
)
@pytest.mark.parametrize("logits", [True, False])
def test_inputs_and_outputs_that_are_optional_may_be_absent(tmp_path, optional, logits):
    sketch = Sketch(optional=frozenset(optional), logits=logits)
    contract = runtime.load(save(tmp_path / "a.onnx", sketch)).contract
    assert contract.inputs == frozenset(optional) | {"lightness"}
    assert contract.has_logits == logits


def test_metadata_for_what_is_absent_may_be_absent(tmp_path):
    metadata = dict.fromkeys(("bins", "default_vividness", "default_temperature", "licence"))
    sketch = Sketch(optional=frozenset(), logits=False, metadata=metadata)
    assert runtime.load(save(tmp_path / "a.onnx", sketch)).contract.bins is None


BREACHES = {
    "missing input": (
        Sketch(renamed={"lightness": "luminance"}),
        "input lightness is missing.*input luminance",
    ),
    "missing output": (Sketch(renamed={"ab": "color"}), "output ab is missing"),
    "extra input": (Sketch(extra_input="mask"), "input mask is not in the contract; accepted: lightness"),
    "extra output": (Sketch(renamed={"logits": "scores_"}), "output scores_ is not in the contract"),
    "half the hints": (Sketch(optional=frozenset({"hint_ab"})), "hint_ab is alone"),
    "dtype": (Sketch(double="lightness"), r"input lightness is tensor\(double\); it is tensor\(float\)"),
    "rank": (Sketch(shapes={"temperature": [1]}), "input temperature has rank 1; it has rank 0"),
    "fixed size": (Sketch(shapes={"lightness": [1, 1, 64, 64]}), "lightness has axis N fixed at 1.*axis H"),
    "channels": (
        Sketch(shapes={"hint_weight": ["n", 2, "H", "W"]}),
        "input hint_weight has 2 channels; it has 1",
    ),
    "stride": (
        Sketch(metadata={"stride": "2"}),
        r"output ab has shape \(1, 2, 2, 4\).*stride 2 it is \(1, 2, 4, 8\)",
    ),
    "stride and multiple": (
        Sketch(metadata={"stride": "3"}),
        "multiple_of is 8; it is a multiple of stride 3",
    ),
    "baked size": (Sketch(baked=True), "does not run on a 8x16 picture"),
    "no numbers": (Sketch(nan=True), "output ab is not finite"),
    "version": (Sketch(metadata={"rechroma_contract": "2"}), "rechroma_contract is '2'.*reads '1'"),
    "task": (Sketch(metadata={"task": "restore"}), "task is 'restore'; accepted: 'colorize'"),
    "not a number": (Sketch(metadata={"work_size": "big"}), "work_size is 'big'; it is a whole number"),
    "zero": (Sketch(metadata={"stride": "0"}), "stride is '0'; it is a whole number of at least 1"),
    "bins missing": (Sketch(metadata={"bins": None}), "bins is missing, and there is an output logits"),
    "bins not JSON": (Sketch(metadata={"bins": "[[0, 0"}), "bins is not a JSON list"),
    "bins not pairs": (Sketch(metadata={"bins": "[1, 2]"}), r"bins has shape \(2,\); it is a list of pairs"),
    "bins uneven": (Sketch(metadata={"bins": "[[1, 2], [3]]"}), "bins is not a JSON list of pairs"),
    "too few bins": (
        Sketch(metadata={"bins": "[[0, 0]]"}),
        "logits has 5 channels and metadata bins names 1",
    ),
    "no default": (Sketch(metadata={"default_vividness": None}), "default_vividness is missing"),
    "default out of range": (Sketch(metadata={"default_temperature": "0"}), "default_temperature is '0'"),
    "default not a number": (Sketch(metadata={"default_vividness": "much"}), "default_vividness is 'much'"),
}


@pytest.mark.parametrize(("sketch", "told"), BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_contract_is_named(tmp_path, sketch, told):
    with pytest.raises(ContractMismatch, match=told) as caught:
        runtime.load(save(tmp_path / "mine.onnx", sketch))
    assert "mine.onnx" in str(caught.value)


@pytest.mark.parametrize("key", ["rechroma_contract", "task", "name", "work_size", "multiple_of", "stride"])
def test_missing_metadata_is_named(tmp_path, key):
    with pytest.raises(ContractMismatch, match=f"metadata {key} is missing"):
        runtime.load(save(tmp_path / "a.onnx", Sketch(metadata={key: None})))


def test_everything_that_differs_is_named_at_once(tmp_path):
    sketch = Sketch(extra_input="mask", metadata={"stride": None}, shapes={"temperature": [1]})
    with pytest.raises(ContractMismatch, match=r"metadata stride.*temperature has rank 1.*input mask"):
        runtime.load(save(tmp_path / "a.onnx", sketch))


@pytest.mark.parametrize("content", [b"", b"not a graph", b"\x08\x08" * 100])
def test_a_file_that_is_no_graph_is_refused(tmp_path, content):
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ContractMismatch, match=r"a\.onnx"):
        runtime.load(tmp_path / "a.onnx")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(WeightsNotFound, match=r"a\.onnx"):
        runtime.load(tmp_path / "a.onnx")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [True, False])
def test_a_restorer_has_a_row_of_its_own(tmp_path, channels, sigma):
    path = restorer(tmp_path / "a.onnx", channels=channels, given_back=channels, sigma=sigma)
    graph = runtime.load(path, task="restore")
    assert graph.contract.inputs == {"image"} | ({"sigma"} if sigma else set())
    image = np.random.default_rng(0).random((1, channels, 8, 12), np.float32)
    given = {"image": image} | ({"sigma": np.full(1, 0.1, np.float32)} if sigma else {})
    np.testing.assert_array_equal(graph.run(given, ["clean"])[0], image)
    with pytest.raises(InputError, match=r"image given to graph restorer\.test is 6x12; .* multiples of 4"):
        graph.run({**given, "image": image[:, :, :6]}, ["clean"])


def test_a_restorer_that_loses_channels_or_is_taken_for_a_colorizer_is_refused(tmp_path):
    with pytest.raises(
        ContractMismatch, match=r"output clean has shape \(1, 1, 4, 8\).* it is \(1, 3, 4, 8\)"
    ):
        runtime.load(restorer(tmp_path / "a.onnx", given_back=1), task="restore")
    with pytest.raises(ContractMismatch, match="task is 'restore'; accepted: 'colorize'"):
        runtime.load(restorer(tmp_path / "b.onnx"))


# devices and sessions


def test_auto_says_what_it_took(tmp_path):
    expected = next(device for device in runtime.AUTO if device in runtime.devices())
    assert runtime.load(save(tmp_path / "a.onnx")).device == expected


def test_the_processor_is_always_there_and_tried_last():
    assert "cpu" in runtime.devices()
    assert runtime.AUTO[-1] == "cpu"


def test_every_device_has_its_provider():
    assert {"auto", *runtime.PROVIDERS} == set(DEVICES)


def test_a_device_that_is_not_there_is_refused_by_name(tmp_path):
    absent = next(d for d in ("coreml", "directml") if d not in runtime.devices())
    with pytest.raises(OptionError, match=f"device is '{absent}'; accepted.*auto.*cpu"):
        runtime.load(save(tmp_path / "a.onnx"), device=absent)


class Sessions:
    """Stands in for onnxruntime.InferenceSession: this machine has CUDA by name only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, silent: bool) -> None:
        self.real, self.silent = session.ort.InferenceSession, silent
        monkeypatch.setattr(session.ort, "InferenceSession", self)
        monkeypatch.setattr(session, "devices", lambda: ("cuda", "cpu"))

    def __call__(self, path, options, *, providers, enable_fallback):
        assert enable_fallback == 0
        if providers[0][0] == "CUDAExecutionProvider" and not self.silent:
            raise session.ort_errors.EPFail("no driver")
        return self.real(path, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("silent", [True, False])
def test_a_device_that_does_not_start_is_told_and_not_replaced(tmp_path, monkeypatch, silent):
    Sessions(monkeypatch, silent=silent)
    with pytest.raises(OptionError, match=r"'cuda'.*does not start.*driver"):
        runtime.load(save(tmp_path / "a.onnx"), device="cuda")


@pytest.mark.parametrize("silent", [True, False])
def test_auto_goes_on_where_an_accelerator_does_not_start_and_says_so(tmp_path, monkeypatch, silent):
    Sessions(monkeypatch, silent=silent)
    assert runtime.load(save(tmp_path / "a.onnx")).device == "cpu"


def test_a_graph_of_operations_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(ContractMismatch, match=r"a\.onnx.*Sparkle"):
        runtime.load(save(tmp_path / "a.onnx", Sketch(operation="Sparkle")))


@pytest.mark.parametrize(("option", "value"), [("device", "gpu"), ("threads", -1)])
def test_an_option_without_meaning_is_refused(tmp_path, option, value):
    with pytest.raises(OptionError, match=f"{option} is {value!r}; accepted"):
        runtime.load(save(tmp_path / "a.onnx"), **{option: value})


def test_a_session_is_kept_until_the_file_changes(tmp_path):
    path = save(tmp_path / "a.onnx")
    first = runtime.load(path)
    assert runtime.load(path) is first
    assert runtime.load(path, threads=1) is not runtime.load(path, threads=2)
    save(path, Sketch(optional=frozenset()))
    os.utime(path, ns=(1, 1))
    assert runtime.load(path).contract.inputs == {"lightness"}


def test_threads_that_ask_for_one_graph_at_once_get_one_session(tmp_path):
    path = save(tmp_path / "a.onnx")
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: runtime.load(path), range(4)))) == 1


def test_sessions_kept_are_bounded(tmp_path):
    for number in range(runtime.KEPT_SESSIONS + 3):
        runtime.load(save(tmp_path / f"{number}.onnx"))
    assert session._load.cache_info().currsize == runtime.KEPT_SESSIONS


def test_threads_come_from_the_environment_where_not_given(monkeypatch):
    monkeypatch.setenv("RECHROMA_THREADS", "3")
    assert session._thread_count(0) == 3
    assert session._thread_count(2) == 2
    monkeypatch.delenv("RECHROMA_THREADS")
    assert 1 <= session._thread_count(0) <= runtime.MAX_AUTO_THREADS


def test_one_graph_gives_the_same_from_many_threads(tmp_path):
    graph = runtime.load(save(tmp_path / "a.onnx"), threads=1)
    expected = graph.run(feeds(), ["ab"])[0]
    start = threading.Barrier(4)

    def work(_: int) -> bool:
        start.wait()
        return all(np.array_equal(graph.run(feeds(), ["ab"])[0], expected) for _ in range(50))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


def test_a_run_that_fails_is_told(tmp_path):
    graph = runtime.load(save(tmp_path / "a.onnx"))
    with pytest.raises(WeightsError, match=r"nettest\.small failed on cpu"):
        graph.run({"lightness": feeds()["lightness"]}, ["ab"])
