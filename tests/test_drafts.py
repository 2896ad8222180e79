"""A picture opened for work: quick previews that look like the result, uncertainty, likely colors, proposals."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

import graphs
import rechroma
from conftest import encoded, gray_jpeg, opened, scene
from rechroma import batch, color, hints, methods, pipeline
from rechroma.errors import OptionError, TooLarge, UnreadableImage
from rechroma.methods.network import NetworkColorizer
from rechroma.pipeline import Draft, color_plane, proposals
from rechroma.pipeline.entropy import entropy_of
from rechroma.types import ColorizeOptions, Marks, Point

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


def _lab(data: bytes) -> np.ndarray:
    return color.rgb_to_lab(np.asarray(opened(data).convert("RGB"), np.float32) / np.float32(255))


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


@pytest.mark.parametrize(
    "options",
    [
        DEFAULT,
        replace(DEFAULT, saturation=1.4, warmth=0.5, temperature=0.4, vividness=0.9),
        replace(DEFAULT, hints=GREEN),
        replace(DEFAULT, hints=GREEN, reach=0.2, temperature=0.7),
    ],
)
def test_the_result_is_what_colorize_gives_and_the_preview_looks_like_it(
    file: bytes, draft: Draft, options: ColorizeOptions
) -> None:
    result = draft.result(options)
    assert result == rechroma.colorize(file, options)
    preview = opened(draft.preview(options, side=256))
    assert preview.size == (256, 256)
    shown = np.asarray(opened(result).resize((256, 256), Image.Resampling.BOX), np.float32)
    assert np.abs(np.asarray(preview, np.float32) - shown).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_way_to_ask_for_a_file_gives_the_same_bytes(
    kind: str, options: ColorizeOptions, tmp_path: Path
) -> None:
    source = tmp_path / f"a.{kind.lower()}"
    source.write_bytes(encoded(scene(30, 40), kind))
    result = rechroma.colorize(source.read_bytes(), options)
    assert pipeline.colorize_to_bytes(source, options) == result
    assert Draft(source).result(options) == Draft(str(source)).result(options) == result
    assert rechroma.colorize(source, options).read_bytes() == result
    job = batch.Job(source=source, target=tmp_path / f"b.{kind.lower()}")
    assert batch.do(job, options).status == "done"
    assert job.target.read_bytes() == result


def test_sliders_need_no_second_inference(draft: Draft, asked: list[object]) -> None:
    for change in ({}, {"saturation": 1.5}, {"warmth": 0.4}, {"temperature": 0.3}, {"temperature": 1.0}):
        draft.preview(replace(DEFAULT, **change), side=128)
    assert len(asked) == 1
    draft.preview(replace(DEFAULT, hints=GREEN), side=128)
    draft.preview(replace(DEFAULT, hints=GREEN, saturation=0.5), side=128)
    assert len(asked) == 2
    draft.preview(replace(DEFAULT, vividness=1.0), side=128)
    assert len(asked) == 3


def test_the_gray_copy_has_no_color_and_fits_the_side(draft: Draft) -> None:
    lab = _lab(draft.gray(side=200))
    assert lab.shape[:2] == (200, 200)
    assert np.abs(lab[..., 1:]).max() < 1
    assert opened(draft.gray(side=9999)).size == (512, 512)


def test_a_turned_scan_is_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    draft = Draft(gray_jpeg(60, 120, exif=exif))
    assert draft.size == (120, 60)
    assert opened(draft.preview(DEFAULT, side=100)).size == (50, 100)


def test_uncertainty_is_an_overlay_that_is_clear_where_the_model_is_sure(draft: Draft) -> None:
    entropy = draft.uncertainty(DEFAULT)
    assert 0 <= entropy.min() < entropy.max() <= 1
    overlay = np.asarray(opened(draft.uncertainty_png(DEFAULT, side=100)))
    assert overlay.shape == (100, 100, 4)
    assert overlay[..., 3].max() > overlay[..., 3].min()
    sure = draft.uncertainty(replace(DEFAULT, hints=GREEN))
    row, column = int(0.7 * entropy.shape[0]), int(0.5 * entropy.shape[1])
    assert sure[row, column] == 0 < entropy[row, column]


def test_a_look_tells_the_place_and_likely_colors_at_its_lightness(draft: Draft) -> None:
    place = draft.look(0.5, 0.2, DEFAULT)
    assert 1 <= len(place.suggestions) <= 6
    shares = [suggestion.share for suggestion in place.suggestions]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1.001
    for each in (place.color, *(suggestion.color for suggestion in place.suggestions)):
        rgb = np.frombuffer(bytes.fromhex(each[1:]), np.uint8).astype(np.float32) / np.float32(255)
        assert color.rgb_to_lab(rgb)[0] == pytest.approx(place.lightness, abs=1)
    hinted = draft.look(0.5, 0.7, replace(DEFAULT, hints=GREEN))
    assert np.hypot(*(hints.ab_of(hinted.color) - hints.ab_of("#2e8b57"))) < 6


def test_proposals_differ_are_ordered_and_can_be_taken(draft: Draft, file: bytes) -> None:
    found = draft.propose(4, DEFAULT)
    assert 2 <= len(found) <= 4
    assert found[0].hints == Marks()
    assert found[0].likelihood == 0
    likelihoods = [each.likelihood for each in found]
    assert likelihoods == sorted(likelihoods, reverse=True)
    pictures = [_lab(rechroma.colorize(file, replace(DEFAULT, hints=each.hints)))[..., 1:] for each in found]
    for first in range(len(pictures)):
        for second in range(first):
            assert np.abs(pictures[first] - pictures[second]).mean() > 1
    assert found == draft.propose(4, DEFAULT)


def test_proposals_keep_what_a_person_marked_on_top(draft: Draft) -> None:
    found = draft.propose(3, replace(DEFAULT, hints=GREEN))
    assert len(found) > 1
    for each in found:
        assert each.hints.points[-1] == GREEN.points[0]


def test_a_method_without_a_distribution_says_so(file: bytes, tmp_path: Path) -> None:
    draft = Draft(file)
    plain = graphs.save(tmp_path / "plain.onnx", graphs.Sketch(logits=False))
    options = ColorizeOptions(method=str(plain), threads=1)
    for ask in (lambda: draft.uncertainty(options), lambda: draft.propose(2, options)):
        with pytest.raises(OptionError, match="hintnet"):
            ask()
    assert draft.look(0.5, 0.5, options).suggestions == ()
    assert opened(draft.preview(options, side=64)).size == (64, 64)


def test_what_cannot_be_drafted_is_refused(file: bytes, draft: Draft) -> None:
    with pytest.raises(UnreadableImage):
        Draft(b"no picture")
    with pytest.raises(TooLarge):
        Draft(file, max_megapixels=0.1)
    for wrong in (
        lambda: draft.look(1.5, 0, DEFAULT),
        lambda: draft.propose(0, DEFAULT),
        lambda: draft.preview(DEFAULT, side=0),
        lambda: color_plane(101),
    ):
        with pytest.raises(OptionError):
            wrong()


def test_the_plane_shows_the_possible_colors_only() -> None:
    plane = np.asarray(Image.open(io.BytesIO(color_plane(60, side=111))))
    row, column = np.nonzero(plane[..., 3])
    lab = color.rgb_to_lab(plane[row, column, :3].astype(np.float32) / np.float32(255))
    assert np.abs(lab[:, 0] - 60).max() < 1
    a, b = ((column + 0.5) / 111 * 2 - 1) * 110, (1 - (row + 0.5) / 111 * 2) * 110
    assert np.abs(lab[:, 1] - a).max() < 2
    assert np.abs(lab[:, 2] - b).max() < 2
    assert 0.1 < (plane[..., 3] > 0).mean() < 0.6


def test_the_public_functions_are_the_drafts(file: bytes, draft: Draft) -> None:
    assert rechroma.propose(file, 3, DEFAULT) == draft.propose(3, DEFAULT)
    np.testing.assert_array_equal(rechroma.uncertainty(file, DEFAULT), draft.uncertainty(DEFAULT))


# ── distributions ──


def _scores(mass: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(mass, 1e-6)).astype(np.float32)


def test_entropy_is_0_where_one_bin_is_certain_and_1_where_all_are_alike() -> None:
    logits = np.zeros((1, 2, 313), np.float32)
    logits[0, 0, 7] = 50
    np.testing.assert_allclose(entropy_of(logits), [[0, 1]], atol=1e-4)


def test_likely_colors_are_the_peaks_by_their_mass() -> None:
    bins = color.ab_bins()
    mass = np.zeros(313, np.float32)
    mass[np.argmin(np.hypot(*(bins - (60, 40)).T))] = 0.3
    near = np.argsort(np.hypot(*(bins - (-30, 30)).T))[:5]
    mass[near] = 0.7 / 5
    peaks = proposals.likely_colors(mass, bins, count=5)
    assert [round(peak.share, 3) for peak in peaks] == [0.7, 0.3]
    np.testing.assert_allclose(peaks[0].ab, (-30, 30), atol=3)
    np.testing.assert_allclose(peaks[1].ab, (60, 40), atol=1e-3)


def test_a_thing_with_two_likely_colors_turns_as_a_whole_and_a_sure_one_stays() -> None:
    bins = color.ab_bins()
    red, blue, gray = (np.argmin(np.hypot(*(bins - ab).T)) for ab in ((50, 30), (10, -50), (0, 0)))
    mass = np.full((20, 30, 313), 1e-6, np.float32)
    mass[:, :15, red], mass[:, :15, blue], mass[:, 15:, gray] = 0.6, 0.4, 1.0
    lightness = np.full((80, 120), 40, np.float32)
    lightness[:, 60:] = 80
    found = proposals.changes(_scores(mass), bins, lightness, count=4)
    assert found
    for change in found:
        assert change.likelihood <= 0
        assert all(point.x < 0.5 for point in change.marks.points)
        assert len({point.color for point in change.marks.points}) == 1
    shown = {tuple(np.round(hints.ab_of(change.marks.points[0].color), -1)) for change in found}
    assert (10, -50) in shown


def test_a_sure_picture_has_no_other_proposals() -> None:
    logits = np.zeros((10, 10, 313), np.float32)
    logits[..., 100] = 30
    assert proposals.changes(logits, color.ab_bins(), np.full((10, 10), 50, np.float32), count=3) == []


def test_the_smallest_picture_can_be_worked_on() -> None:
    draft = Draft(gray_jpeg(1, 1))
    draft.preview(DEFAULT)
    assert len(draft.propose(3, DEFAULT)) >= 1
    expected = color.gray8_lightness_table()[scene(1, 1)][0, 0]
    assert draft.look(0, 0, DEFAULT).lightness == pytest.approx(expected, abs=2)
    assert methods.load("hintnet", threads=1).info.takes == ("hints", "vividness", "temperature")
