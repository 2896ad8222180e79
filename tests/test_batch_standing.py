"""What is there already: kept where it was made as asked, refused with the words to type where it was not."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import gray_jpeg, opened
from rechroma import batch, hints, image
from rechroma.batch import Found, Job, Outcome
from rechroma.types import ColorizeOptions, Marks, Point

MARKS = Marks(points=(Point(x=0.5, y=0.5, color="#a33b2e"),))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    (tmp_path / "a.jpg").write_bytes(gray_jpeg())
    return Job(source=tmp_path / "a.jpg", target=tmp_path / "out" / "a.color.jpg")


def _do(job: Job, options: ColorizeOptions, **how: Any) -> Outcome:
    """Do a job, and hold to it what is said of it beforehand."""
    [before] = batch.sort_out([job], options, **how)
    outcome = batch.do(job, options, **how)
    if isinstance(before, Outcome):
        assert outcome == before
    else:
        assert outcome.status == "done", outcome.message
    return outcome


def test_the_same_picture_with_the_same_settings_is_skipped(job: Job, options: ColorizeOptions) -> None:
    assert _do(job, options).status == "done"
    made = job.target.read_bytes()
    assert _do(job, options).status == "skipped"
    assert _do(job, replace(options, threads=2, max_megapixels=10)).status == "skipped"
    assert _do(job, options, overwrite=True).status == "skipped"
    assert job.target.read_bytes() == made


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"vividness": 1.0}, "vividness as the model has it, not 1"),
        ({"saturation": 0.5}, "saturation 1, not 0.5"),
        ({"lossless_luma": False}, "lossless luma on, not off"),
        ({"quality": 80}, "quality 92, not 80"),
        ({"refine": "tv"}, "other refine"),
        ({"hints": MARKS}, "other hints"),
        ({"references": (gray_jpeg(),)}, "other references"),
        ({"provenance": False}, "which --no-provenance leaves out"),
    ],
)
def test_other_settings_are_refused_with_what_differs_and_what_to_type(
    change: dict[str, Any], told: str, job: Job, options: ColorizeOptions
) -> None:
    _do(job, options)
    made = job.target.read_bytes()
    refused = _do(job, replace(options, **change))
    assert (refused.status, refused.error) == ("failed", "OutputError")
    assert told in refused.message
    assert "--overwrite makes it again, -o FOLDER" in refused.message
    assert job.target.read_bytes() == made


def test_other_settings_are_made_again_when_asked_once(job: Job, options: ColorizeOptions) -> None:
    _do(job, options)
    bold = replace(options, saturation=0)
    assert _do(job, bold, overwrite=True).status == "done"
    low, high = opened(job.target).convert("YCbCr").getchannel(1).getextrema()
    assert 127 <= low <= high <= 129
    assert _do(job, bold, overwrite=True).status == "skipped"


def test_another_model_is_another_setting(
    job: Job, options: ColorizeOptions, graph: Path, tmp_path: Path
) -> None:
    _do(job, options)
    other = tmp_path / "other.onnx"
    other.write_bytes(graph.read_bytes() + b"\x00")
    assert "other method, other weights" in _do(job, replace(options, method=str(other))).message


def test_quality_is_no_setting_of_a_png(job: Job, options: ColorizeOptions) -> None:
    job = replace(job, target=job.target.with_suffix(".png"))
    _do(job, options)
    assert _do(job, replace(options, quality=50, lossless_luma=False)).status == "skipped"


def test_a_picture_that_has_changed_is_not_taken_for_the_one_that_was_colored(
    job: Job, options: ColorizeOptions
) -> None:
    _do(job, options)
    job.source.write_bytes(gray_jpeg(91, 120))
    assert "made of another picture" in _do(job, options).message
    assert _do(job, options, overwrite=True).status == "done"
    assert opened(job.target).size == (120, 91)


def test_a_picture_that_was_only_copied_or_touched_is_the_same(job: Job, options: ColorizeOptions) -> None:
    _do(job, options)
    os.utime(job.source, (2e9, 2e9))
    assert _do(job, options).status == "skipped"
    os.utime(job.target, (1e9, 1e9))
    assert _do(job, options).status == "skipped"


def test_a_picture_of_the_same_name_and_length_from_another_folder_has_its_own_result(
    job: Job, options: ColorizeOptions, tmp_path: Path
) -> None:
    _do(job, options)
    twin = tmp_path / "box 2" / "a.jpg"
    twin.parent.mkdir()
    data = bytearray(job.source.read_bytes())
    data[len(data) // 2] ^= 1
    twin.write_bytes(data)
    os.utime(twin, (1e9, 1e9))
    assert "made of another picture" in _do(replace(job, source=twin), options).message


def test_a_retouched_picture_of_the_same_length_is_noticed(
    job: Job, options: ColorizeOptions, tmp_path: Path
) -> None:
    from PIL import Image

    scan = tmp_path / "scan.bmp"
    picture = Image.new("L", (500, 400), 90)
    picture.save(scan)
    job = Job(source=scan, target=tmp_path / "scan.color.png")
    _do(job, options)
    picture.putpixel((3, 3), 0)  # far from the bytes in the middle
    picture.save(scan)
    os.utime(job.target, (1e9, 1e9))
    assert "made of another picture" in _do(job, options).message


# ── results that do not say how they were made ──


def test_without_provenance_a_run_goes_on_and_says_what_it_does_not_know(
    job: Job, options: ColorizeOptions
) -> None:
    silent = replace(options, provenance=False)
    assert _do(job, silent).status == "done"
    again = _do(job, silent)
    assert again.status == "skipped"
    assert "its settings are not recorded" in again.message
    assert _do(job, replace(silent, saturation=0), overwrite=True).status == "done"


def test_a_file_that_is_no_result_of_ours_is_not_taken_for_one(job: Job, options: ColorizeOptions) -> None:
    job.target.parent.mkdir()
    job.target.write_bytes(gray_jpeg())
    refused = _do(job, options)
    assert "does not say how it was made" in refused.message
    assert job.target.read_bytes() == gray_jpeg()
    assert _do(job, options, overwrite=True).status == "done"


def test_a_result_of_an_older_version_is_refused_by_name(
    job: Job, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rechroma.pipeline.compose.recipe", lambda *args, **how: "")
    batch.do(job, options)
    monkeypatch.undo()
    assert "was made by Rechroma " in _do(job, options).message
    assert "did not note its settings" in _do(job, options).message


def test_settings_that_an_older_version_had_not_are_at_their_defaults(
    job: Job, options: ColorizeOptions
) -> None:
    from rechroma.pipeline import compose

    whole = compose.recipe

    def older(*args: Any, **how: Any) -> str:
        line = json.loads(whole(*args, **how))
        del line["saturation"], line["glance"]
        return json.dumps(line)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "recipe", older)
        batch.do(job, options)
    assert _do(job, options).status == "skipped"
    assert "saturation 1, not 2" in _do(job, replace(options, saturation=2)).message


def test_overwriting_makes_what_another_version_made_again(
    job: Job, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rechroma.pipeline.compose.__version__", "0.0.1")
    batch.do(job, options)
    monkeypatch.undo()
    assert _do(job, options).status == "skipped"
    assert _do(job, options, overwrite=True).status == "done"
    assert _do(job, options, overwrite=True).status == "skipped"


def test_an_empty_file_is_nothing(job: Job, options: ColorizeOptions) -> None:
    job.target.parent.mkdir()
    job.target.touch()
    assert _do(job, options).status == "done"
    assert job.target.stat().st_size > 0


def test_a_folder_in_the_place_of_a_result_is_never_replaced(job: Job, options: ColorizeOptions) -> None:
    job.target.mkdir(parents=True)
    for overwrite in (False, True):
        assert "is a folder" in _do(job, options, overwrite=overwrite).message


def test_a_result_among_pictures_is_not_colored_again_whatever_its_name(
    job: Job, options: ColorizeOptions, tmp_path: Path
) -> None:
    named = replace(job, target=tmp_path / "my portrait.jpg")
    _do(named, options)
    [_, mine] = batch.plan(batch.find([str(tmp_path)]).pictures).jobs
    assert mine.source.name == "my portrait.jpg"
    outcome = _do(mine, options)
    assert (outcome.status, outcome.message) == ("skipped", "itself a result; colored again when named alone")
    [alone] = batch.plan(batch.find([str(mine.source)]).pictures).jobs
    assert _do(alone, options).status == "done"


# ── what lies beside a result ──


def test_proposals_and_uncertainty_are_made_when_missing(job: Job) -> None:
    options = ColorizeOptions(threads=1)
    _do(job, options)
    made = job.target.read_bytes()
    job = replace(job, proposals=3, uncertainty=True)
    first = _do(job, options)
    assert first.report is None
    assert set(first.also) == set(job.target.parent.iterdir()) - {job.target}
    assert job.target.read_bytes() == made
    if not job.proposal_file(2).exists():
        pytest.skip("this picture leaves no doubt")
    assert _do(job, options).status == "skipped"
    for path in (job.uncertainty_file, job.proposal_file(2), job.proposal_hints(2)):
        whole = path.read_bytes()
        path.unlink()
        again = _do(job, options)
        assert again.also == (path,)
        assert path.read_bytes() == whole
    assert "another proposal is there, but was made with proposals 3, not 2" in (
        _do(replace(job, proposals=2), options).message
    )
    assert "was made with vividness" in _do(job, replace(options, vividness=1)).message
    assert len(_do(job, replace(options, vividness=1), overwrite=True).also) >= 2


def test_the_picture_of_the_uncertainty_says_how_it_was_made(job: Job) -> None:
    job = replace(job, uncertainty=True)
    _do(job, ColorizeOptions(threads=1))
    said = image.read_provenance(job.uncertainty_file)
    assert said is not None
    assert json.loads(said.settings)["shows"] == "uncertainty"
    assert opened(job.uncertainty_file).mode == "RGBA"


def test_a_file_that_somebody_else_put_beside_a_result_is_kept(job: Job, options: ColorizeOptions) -> None:
    job = replace(job, uncertainty=True)
    job.target.parent.mkdir()
    job.uncertainty_file.write_bytes(b"my drawing")
    refused = _do(job, options)
    assert "picture of the uncertainty is there, but does not say" in refused.message
    assert not job.target.exists()
    assert job.uncertainty_file.read_bytes() == b"my drawing"


# ── hints beside a picture ──


def test_the_hints_beside_a_picture_are_used_and_said(job: Job, options: ColorizeOptions) -> None:
    beside = job.source.with_name("a.hints.json")
    beside.write_text(hints.to_json(MARKS))
    [job] = batch.plan([Found(job.source, hints=beside)]).jobs
    outcome = _do(job, options)
    assert outcome.hints == beside
    assert outcome.as_dict()["hints"] == str(beside)
    hinted = job.target.read_bytes()
    assert _do(job, options).status == "skipped"
    assert "other hints" in _do(replace(job, hints=None), options).message
    _do(replace(job, hints=None), replace(options, hints=MARKS), overwrite=True)
    assert job.target.read_bytes() == hinted


def test_hints_given_outright_win_and_that_is_said(job: Job, options: ColorizeOptions) -> None:
    beside = job.source.with_name("a.hints.json")
    beside.write_text("no hints at all")
    outcome = _do(replace(job, hints=beside), replace(options, hints=MARKS))
    assert outcome.hints is None
    assert "a.hints.json beside it was not used" in outcome.warnings[0]


def test_hints_that_cannot_be_read_fail_their_picture_by_name(job: Job, options: ColorizeOptions) -> None:
    beside = job.source.with_name("a.hints.json")
    beside.write_text('{"rechroma_hints": 1, "points": [{"x": 3}]}')
    outcome = _do(replace(job, hints=beside), options)
    assert (outcome.status, outcome.error) == ("failed", "InputError")
    assert "a.hints.json" in outcome.message
    assert not job.target.exists()


# ── places ──


def test_a_closed_folder_is_refused_before_any_work(
    job: Job, options: ColorizeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != job.source.parent
    )  # root may write everywhere
    refused = _do(job, options)
    assert refused.message == f"the folder {job.source.parent} may not be written to; choose another with -o"


def test_a_folder_that_cannot_be_is_refused_before_any_work(job: Job, options: ColorizeOptions) -> None:
    job.target.parent.write_text("a file")
    assert "out is no folder" in _do(job, options).message
    deeper = replace(job, target=job.target.parent / "deep" / "a.color.jpg")
    assert "out is no folder" in _do(deeper, options).message


@pytest.mark.parametrize("provenance", [True, False])
def test_a_disk_that_tells_no_case_gives_no_picture_the_result_of_another(
    provenance: bool, job: Job, options: ColorizeOptions, tmp_path: Path
) -> None:
    (tmp_path / "A.jpg").write_bytes(gray_jpeg(91, 120))
    options = replace(options, provenance=provenance)
    found = [Found(tmp_path / "a.jpg"), Found(tmp_path / "A.jpg")]
    first, second = batch.plan(found, out=tmp_path / "out").jobs
    assert second.alike == first.target
    assert _do(first, options).status == "done"
    os.link(first.target, second.target)  # what such a disk shows under the second name
    for overwrite in (False, True):
        refused = _do(second, options, overwrite=overwrite)
        assert (refused.status, refused.error) == ("failed", "OutputError")
        assert "the disk takes its result for a.color.jpg" in refused.message
    second.target.unlink()
    assert _do(second, options).status == "done"
