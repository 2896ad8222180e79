"""Measuring: what is scored is what ships, the figures are what they say, and a second run gives the same."""

import csv
import hashlib
import io
import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import rechroma
from rechroma import methods
from rechroma.color import gray_to_lightness, rgb_to_lab, rgb_to_lightness
from rechroma.errors import ContractMismatch, InputError, UnreadableImage
from rechroma.types import ColorizeOptions, ModelInfo, Prediction, PredictOptions
from rechroma_train import __main__ as verbs
from rechroma_train import evaluate, prior
from rechroma_train.evaluate import pictures, pooled, scores, sheets, shipped, sizes
from rechroma_train.evaluate.variants import PATCH, random_hints
from rechroma_train.nets.hintnet.encoder import Encoder
from rechroma_train.nets.parts import mobilenet

SIDES = (44, 60)
"""Height and width of the made photographs."""


def photograph(seed: int, sides: tuple[int, int] = SIDES) -> np.ndarray:
    """Draw a smooth colored picture."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize(sides[::-1], Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pictures")
    for seed in range(3):
        Image.fromarray(photograph(seed)).save(place / f"{seed}.png")
    (place / "notes.txt").write_text("no picture")
    return place


@pytest.fixture
def truth(folder: Path) -> pictures.Truth:
    return pictures.read(folder / "0.png")


@pytest.fixture(scope="module")
def balance() -> np.ndarray:
    return prior.load().balance()


class OneColor:
    """Colors everything alike."""

    info = ModelInfo(name="one.color", sha256="", work_size=32, multiple_of=4, trained=True, takes=("hints",))
    bins = None

    def __init__(self) -> None:
        self.seen: list[tuple[np.ndarray, object]] = []

    def predict(self, lightness, *, hints=None, references=(), options=None, with_logits=False):
        self.seen.append((lightness, hints))
        height, width = lightness.shape
        ab = np.full((height // 4, width // 4, 2), (10, -20), np.float32)
        return Prediction(
            ab=ab, logits=np.zeros((height // 4, width // 4, 313), np.float32) if with_logits else None
        )


# ── The pictures ──


def test_the_gray_picture_has_the_lightness_of_the_photograph(truth: pictures.Truth) -> None:
    lightness = gray_to_lightness(truth.gray.astype(np.float32) / 255)
    expected = rgb_to_lightness(truth.rgb.astype(np.float32) / 255)
    assert truth.gray.dtype == np.uint8
    assert np.abs(lightness - expected).max() < 0.3


def test_pictures_come_by_name_and_as_many_as_asked_for(folder: Path) -> None:
    assert [path.name for path in pictures.paths(folder)] == ["0.png", "1.png", "2.png"]
    assert [path.name for path in pictures.paths(folder, 2)] == ["0.png", "1.png"]


def test_a_folder_without_pictures_and_a_damaged_picture_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no pictures"):
        pictures.paths(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG no more")
    with pytest.raises(UnreadableImage, match=r"broken\.png"):
        pictures.read(tmp_path / "broken.png")


# ── Hints ──


def test_hints_show_the_truth_at_places_shared_by_smaller_counts(truth: pictures.Truth) -> None:
    size = (48, 64)
    one, ten = (random_hints(truth, size, count=count, seed=0) for count in (1, 10))
    assert one is not None
    assert ten is not None
    assert one.weight.sum() == PATCH**2
    assert (ten.weight >= one.weight).all()
    assert set(np.unique(ten.weight)) == {0, 1}
    revealed = one.ab[one.weight > 0]
    assert (revealed == revealed[0]).all()
    assert not ten.ab[ten.weight == 0].any()
    full = np.asarray(Image.fromarray(truth.rgb).resize(size[::-1]))
    assert full.shape[:2] == size
    true = rgb_to_lab(full.astype(np.float32) / 255)[..., 1:][one.weight > 0].mean(axis=0)
    assert np.hypot(*(revealed[0] - true)) < 6


def test_hints_depend_on_seed_and_picture_and_on_nothing_else(folder: Path, truth: pictures.Truth) -> None:
    def places(picture: pictures.Truth, seed: int) -> bytes:
        hints = random_hints(picture, (48, 64), count=3, seed=seed)
        assert hints is not None
        return hints.weight.tobytes()

    assert places(truth, 0) == places(pictures.read(folder / "0.png"), 0)
    assert places(truth, 0) != places(truth, 1)
    assert places(truth, 0) != places(pictures.read(folder / "1.png"), 0)
    assert random_hints(truth, (48, 64), count=0, seed=0) is None


def test_a_patch_larger_than_the_work_size_is_cut(truth: pictures.Truth) -> None:
    hints = random_hints(truth, (4, 3), count=1, seed=0)
    assert hints is not None
    assert hints.weight.all()


# ── What is scored is what ships ──


@pytest.mark.parametrize("setting", [PredictOptions(), PredictOptions(vividness=0.25, temperature=1.0)])
def test_a_scored_picture_equals_what_colorize_gives(
    graph: Path, truth: pictures.Truth, setting: PredictOptions
) -> None:
    colorizer = methods.load(graph, device="cpu", threads=1)
    rgb, prediction = shipped.color(colorizer, truth.gray, options=setting, with_logits=True)
    wanted = ColorizeOptions(
        method=str(graph),
        vividness=setting.vividness,
        temperature=setting.temperature,
        device="cpu",
        threads=1,
    )
    np.testing.assert_array_equal(rgb, rechroma.colorize(truth.gray, wanted))
    assert prediction.logits is not None
    assert prediction.logits.shape[:2] == prediction.ab.shape[:2]


def test_hints_reach_the_method_and_only_lightness_does(truth: pictures.Truth) -> None:
    method = OneColor()
    hints = random_hints(truth, shipped.work_size(method, truth.gray.shape), count=5, seed=0)
    hinted = shipped.color(method, truth.gray, hints=hints)[0]
    from_gray = shipped.color(method, truth.gray)[0]
    from_color = shipped.color(method, truth.rgb)[0]
    assert [given for _, given in method.seen] == [hints, None, None]
    assert np.abs(method.seen[1][0] - method.seen[2][0]).max() < 0.3
    assert np.abs(from_gray.astype(int) - from_color).max() <= 2
    assert np.abs(from_gray.astype(int) - hinted).max() > 20


# ── Figures ──


def test_the_truth_scores_perfectly(truth: pictures.Truth, balance: np.ndarray) -> None:
    found = scores.measure(scores.reference(truth, balance), truth.rgb).scores
    assert found.psnr == float("inf")
    assert found.ssim == pytest.approx(1)
    assert (found.ab_rmse, found.delta_e, found.delta_colorfulness_each) == (0, 0, 0)
    assert (found.auc, found.auc_balanced) == (pytest.approx(100), pytest.approx(100))
    assert (found.top1, found.top5) == (100, 100)


def test_gray_has_no_colorfulness_and_worse_figures(truth: pictures.Truth, balance: np.ndarray) -> None:
    against = scores.reference(truth, balance)
    found = scores.measure(against, np.repeat(truth.gray[..., None], 3, axis=2)).scores
    assert (found.colorfulness, found.colorfulness_signed) == (0, 0)
    assert found.delta_colorfulness_each == pytest.approx(against.colorfulness)
    assert found.psnr < 40
    assert found.auc < 100


def test_scores_of_a_network_decide_its_bins(truth: pictures.Truth, balance: np.ndarray) -> None:
    against = scores.reference(truth, balance)
    sure = scores._closeness(truth.lab[..., 1:])
    assert scores.measure(against, truth.rgb, sure).scores.top1 == 100
    wrong = scores.measure(against, truth.rgb, -sure).scores
    assert wrong.top5 == 0
    assert wrong.psnr == float("inf")


def test_a_graph_with_bins_of_its_own_is_judged_by_its_colors(
    truth: pictures.Truth, balance: np.ndarray
) -> None:
    own_bins = np.zeros((8, 8, 5), np.float32)
    assert scores.measure(scores.reference(truth, balance), truth.rgb, own_bins).scores.top1 == 100


def test_means_are_over_pictures_but_the_balanced_auc_over_pixels() -> None:
    zero = scores.Scores(**{f.name: 0.0 for f in fields(scores.Scores)})
    one = scores.Measured(scores=replace(zero, psnr=20.0, auc_balanced=60.0), balance=3.0)
    two = scores.Measured(scores=replace(zero, psnr=30.0, auc_balanced=100.0), balance=1.0)
    found = scores.mean([one, two])
    assert (found.psnr, found.auc_balanced) == (25, 70)


def test_colors_that_do_not_change_do_not_move(truth: pictures.Truth) -> None:
    moved = sizes.movement(OneColor(), truth)
    assert len(moved) == len(sizes.SIZES)
    assert moved[sizes.SIZES.index(sizes.AGAINST)] == 0
    assert max(moved) < 1.5
    assert sizes.mean_movement([[1, 0, 2, 3], [3, 0, 4, 5]]) == {128: 2, 256: 0, 512: 3, 2048: 4}


# ── The verbs ──


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MobileNetV2 that learned nothing, as a file in torchvision's names."""
    torch.manual_seed(0)
    net = mobilenet.MobileNet()
    for weight in net.parameters():
        if weight.ndim > 1:
            torch.nn.init.kaiming_uniform_(weight, nonlinearity="relu")
    path = tmp_path_factory.mktemp("classifier") / "mobilenet.safetensors"
    names = mobilenet._names(net)
    weights = {names[name]: weight.contiguous() for name, weight in net.state_dict().items()}
    save_file(weights | {"classifier.weight": torch.zeros(5, mobilenet.CHANNELS)}, path)
    return path


@pytest.fixture(scope="module")
def measured(graph: Path, folder: Path, classifier: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evaluation")
    arguments = ["--weights", str(graph), "--pictures", str(folder), "--out", str(out)]
    assert verbs.main(["evaluate", *arguments, "--worst", "2", "--features", str(classifier)]) == 0
    return out


def test_evaluate_leaves_table_front_manifest_and_sheets(measured: Path) -> None:
    assert {path.name for path in measured.iterdir()} == {
        "chosen-1.png",
        "evaluation.csv",
        "evaluation.json",
        "evaluation.md",
        "front.svg",
        "pictures.csv",
        "worst-1.png",
    }
    facts = json.loads((measured / "evaluation.json").read_text(encoding="utf-8"))
    assert facts["pictures"]["count"] == len(facts["pictures"]["files"]) == 3
    assert len(facts["weights"]["sha256"]) == len(facts["pictures"]["sha256"]) == 64
    assert {"geometry", "input", "compared"} <= set(facts["protocol"])
    assert set(facts["movement"]) == {"128", "256", "512", "2048"}
    rows = list(csv.DictReader(io.StringIO((measured / "pictures.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 3 * (3 + 1 + 10 + 6)
    with Image.open(measured / "worst-1.png") as sheet:
        assert sheet.width > sheet.height


def test_evaluating_again_in_two_processes_gives_the_same_bytes(
    measured: Path, graph: Path, folder: Path, classifier: Path, tmp_path: Path
) -> None:
    options = evaluate.EvaluateOptions(
        weights=str(graph), pictures=folder, out=tmp_path, worst=2, jobs=2, features=classifier
    )
    report = evaluate.main(options)
    for path in measured.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
    assert report == (tmp_path / "evaluation.md").read_text(encoding="utf-8")


def test_a_subset_gives_each_picture_the_same_figures(
    measured: Path, graph: Path, folder: Path, tmp_path: Path
) -> None:
    evaluate.main(
        evaluate.EvaluateOptions(
            weights=str(graph), pictures=folder, out=tmp_path, limit=1, chosen=0, worst=0
        )
    )
    whole = (measured / "pictures.csv").read_text(encoding="utf-8").splitlines()
    assert set((tmp_path / "pictures.csv").read_text(encoding="utf-8").splitlines()) <= set(whole)
    assert not list(tmp_path.glob("*.png"))
    assert "Fréchet distance: not measured" in (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))["features"] is None


def test_the_frechet_distance_is_of_all_rows_and_its_weights_are_in_the_manifest(
    measured: Path, classifier: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO((measured / "evaluation.csv").read_text(encoding="utf-8"))))
    distances = [float(r["frechet"]) for r in rows]
    assert distances[0] == 0
    assert all(distance > 0 for distance in distances[1:])
    facts = json.loads((measured / "evaluation.json").read_text(encoding="utf-8"))["features"]
    assert facts["sha256"] == hashlib.sha256(classifier.read_bytes()).hexdigest()
    assert "224x224" in facts["input"]


def test_features_that_are_missing_or_something_else_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no file"):
        pooled.describe(tmp_path / "none.safetensors")
    other = tmp_path / "other.safetensors"
    save_file({"layer": torch.zeros(1)}, other)
    with pytest.raises(ContractMismatch, match=r"other\.safetensors"):
        mobilenet.load(other)
    other.write_bytes(b"no tensors")
    with pytest.raises(ContractMismatch, match="no safetensors"):
        mobilenet.load(other)


def test_the_classifier_sees_colors_as_the_encoder_sees_lightness(classifier: Path) -> None:
    net, encoder = mobilenet.load(classifier), Encoder().eval()
    encoder.load_pretrained(classifier)
    gray = torch.rand(2, 1, 96, 64) * 2 - 1
    with torch.inference_mode():
        pooled_ones = net(gray.expand(-1, 3, -1, -1))
        expected = encoder(torch.cat((gray, torch.zeros(2, 3, 96, 64)), dim=1))[-1].mean(dim=(2, 3))
    assert pooled_ones.shape == (2, mobilenet.CHANNELS)
    torch.testing.assert_close(pooled_ones, expected, rtol=1e-3, atol=1e-4)


def test_features_are_of_each_picture_alone_in_order_whatever_its_size(
    classifier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [photograph(seed, sides) for seed, sides in enumerate([(30, 50), (224, 224), (300, 260)])]
    together = pooled.pool(classifier, given)
    alone = np.concatenate([pooled.pool(classifier, [picture]) for picture in given])
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    monkeypatch.setattr(pooled, "BATCH", 2)
    np.testing.assert_allclose(pooled.pool(classifier, given), alone, atol=1e-5)
    # An input of 224 x 224 is not resampled: black is -1, white is 1.
    white = pooled._fit(np.full((224, 224, 3), 255, np.uint8))
    assert (white.shape, white.min(), white.max()) == ((3, 224, 224), 1, 1)
    assert (pooled._fit(np.zeros((9, 9, 3), np.uint8)) == -1).all()


def test_many_pictures_are_several_pages(
    graph: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "PAGE", 2)
    colorizer = methods.load(graph, device="cpu", threads=1)
    look = sheets.Look(tile=40)
    sheets.draw_pages(colorizer, pictures.paths(folder), look, tmp_path / "chosen")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chosen-1.png", "chosen-2.png"]
    sheets.draw_pages(colorizer, [], look, tmp_path / "none")
    assert not list(tmp_path.glob("none*"))


def test_a_sheet_shows_each_setting_and_no_truth_for_gray_pictures(graph: Path, tmp_path: Path) -> None:
    Image.fromarray(photograph(0)).convert("L").save(tmp_path / "old.png")
    colorizer = methods.load(graph, device="cpu", threads=1)
    look = sheets.Look(settings=(PredictOptions(vividness=0.0), PredictOptions(vividness=1.0)), tile=50)
    sheet = sheets.draw(colorizer, [tmp_path / "old.png"], look)
    assert sheet.width == 3 * (50 + sheets.MARGIN) + 2 * sheets.MARGIN
    Image.fromarray(photograph(0)).save(tmp_path / "old.png")
    sheet = sheets.draw(colorizer, [tmp_path / "old.png"], look)
    assert sheet.width == 4 * (50 + sheets.MARGIN) + 2 * sheets.MARGIN


def test_the_sheet_verb_writes_a_picture_and_says_where(
    graph: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "sheet.png"
    arguments = ["--weights", str(graph), "--pictures", str(folder), "--out", str(out), "--limit", "2"]
    assert verbs.main(["sheet", *arguments, "--vividness", "[0, 1]", "--temperature", "0.5"]) == 0
    assert capsys.readouterr().out == f"{out}: 2 pictures\n"
    with Image.open(out) as sheet:
        assert sheet.mode == "RGB"


def test_options_can_come_from_a_file(graph: Path, folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "sheet.yaml"
    config.write_text(f"weights: {graph}\npictures: {folder}\nout: {tmp_path / 'a.png'}\nlimit: 1\n")
    options = verbs.parse(sheets.main, ["--config", str(config), "--tile", "32"], program="sheet")
    assert options == sheets.SheetOptions(
        weights=str(graph), pictures=folder, out=tmp_path / "a.png", limit=1, tile=32
    )
