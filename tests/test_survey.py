"""The survey of other people's pictures sees what was colored, why others were not, and what a result has lost."""

import csv
import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from benchmarks import seen, survey
from graphs import save

GRAY = np.clip(np.add.outer(np.arange(48) * 3, np.arange(64) * 2) + 20, 0, 255).astype(np.uint8)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="album"/></rdf:RDF></x:xmpmeta>'
)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Nine files: five pictures of every kind of metadata, and four that are refused."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    gray, exif = Image.fromarray(GRAY), Image.Exif()
    exif.update({274: 6, 270: "A street"})
    exif.get_ifd(34665)[36867] = "1931:05:01 10:00:00"
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "A street")
    gray.save(folder / "turned.jpg", exif=exif, xmp=XMP, dpi=(300, 200), comment=b"box 3")
    Image.fromarray(GRAY.astype(np.uint16) * 257).save(folder / "deep.png", pnginfo=texts, dpi=(300, 300))
    Image.merge("LA", (gray, gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).save(folder / "clear.png")
    tifffile.imwrite(folder / "scan.tif", GRAY.astype(np.uint16) * 257, photometric="minisblack")
    gray.save(folder / "screen.bmp")
    (folder / "cut.jpg").write_bytes((folder / "turned.jpg").read_bytes()[:-300])
    (folder / "text.png").write_text("no picture")
    (folder / "page.tif").write_bytes(b"%PDF-1.4")
    tifffile.imwrite(folder / "radiance.tif", GRAY.astype(np.float32) / 20)
    return folder


def test_pictures_are_colored_compared_and_the_refused_are_grouped(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey.main([str(corpus), "--method", str(save(tmp_path / "flat.onnx")), "--out", str(tmp_path / "out")])
    rows = list(csv.DictReader((tmp_path / "out" / "survey.csv").read_text().splitlines()))
    assert [row["corpus"] for row in rows] == ["corpus", "all"]
    counts = {name: int(count) for name, count in rows[0].items() if name != "corpus" and count != "0"}
    assert counts == {
        "files": 9,
        "colored": 5,
        "compared": 5,
        "damaged": 1,
        "no picture": 1,
        "by rule": 2,
        "opened by others": 1,
        "tags kept": 4,  # two of the JPEG, two that tifffile writes
    }
    assert "radiance.tif: by rule (opened by Pillow, tifffile" in capsys.readouterr().out


def test_everything_that_a_result_may_lose_is_seen(corpus: Path, tmp_path: Path) -> None:
    turned = seen.see(corpus / "turned.jpg")
    assert (turned.size, turned.orientation, turned.dpi) == ((64, 48), 6, (200, 300))
    bare = tmp_path / "bare.jpg"
    Image.fromarray(255 - GRAY).save(bare)
    found = dict(survey.differences(turned, seen.see(bare)))
    assert set(found) == {"sides", "profile", "resolution", "exif", "xmp", "texts"}
    assert found["exif"] == "lost 270 34665.36867"
    deep = seen.see(corpus / "deep.png")
    assert deep.bits == 16
    Image.fromarray(255 - GRAY).save(tmp_path / "bare.png")
    assert set(dict(survey.differences(deep, seen.see(tmp_path / "bare.png")))) == {
        *("depth", "profile", "lightness", "resolution", "texts")
    }
    clear = seen.see(corpus / "clear.png")
    assert "alpha" in dict(survey.differences(clear, seen.see(tmp_path / "bare.png")))
    assert list(survey.differences(deep, dataclasses.replace(deep, icc=_srgb()))) == []
    wrong = dataclasses.replace(
        turned, orientation=3, icc=_srgb("LAB"), exif={**turned.exif, "270": "A lane"}
    )
    assert dict(survey.differences(turned, wrong)) == {
        "orientation": "6 -> 3",
        "profile": "of Lab",
        "exif": "changed 270",
    }
    assert survey.tags(turned, wrong) == (1, 0, 1)


def _srgb(space: str = "sRGB") -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()  # type: ignore[arg-type]


def test_a_result_that_no_other_reader_opens_and_a_crash_are_findings(corpus: Path, tmp_path: Path) -> None:
    broken = shutil.copy(corpus / "cut.jpg", tmp_path / "cut.color.jpg")
    done = {"source": str(corpus / "turned.jpg"), "target": str(broken), "status": "done"}
    finding = survey.judge(done)
    assert finding.differences is not None
    assert list(finding.differences) == ["unreadable"]
    failed = done | {"status": "failed", "error": "IndexError", "message": "an error of Rechroma"}
    crash = survey.judge(failed)
    assert (crash.verdict, crash.opened_by) == ("crash", ("Pillow", "OpenCV"))
    counted = survey.row("two", [finding, crash])
    assert (counted["unreadable"], counted["crash"], counted["compared"]) == (1, 1, 0)
    assert len(list(survey.told(crash))) == 1
    limit = Image.MAX_IMAGE_PIXELS
    with survey.undisturbed():
        assert Image.MAX_IMAGE_PIXELS == 200_000_000  # beyond twice that it is an error
    assert limit == Image.MAX_IMAGE_PIXELS
