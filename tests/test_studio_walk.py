"""A newcomer's walk: a box of 32 mixed scans, marks on some, a reload in the middle, all saved: nothing is lost."""

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from PIL import Image

import studio_page
from studio_page import BLUE, saved, settle, tell, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

serving, address, browser, visit = (
    studio_page.serving,
    studio_page.address,
    studio_page.browser,
    studio_page.visit,
)
pytestmark = [studio_page.needs_chromium, pytest.mark.slow]

SUBJECTS = ("coffee", "chelsea", "astronaut", "rocket")
KINDS = ("jpg", "tif", "png", "webp", "color.jpg", "16.png", "pages.tif", "large.jpg")


def scan(subject: str, kind: str) -> bytes:
    """Give a photograph as a scanner of that kind would."""
    from skimage import data

    color = Image.fromarray(getattr(data, subject)())
    gray = color.convert("L")
    deep = np.asarray(gray).astype(np.uint16) * 257
    file = io.BytesIO()
    if kind == "tif":
        tifffile.imwrite(file, deep)
    elif kind == "pages.tif":
        with tifffile.TiffWriter(file) as writer:
            writer.write(np.asarray(gray))
            writer.write(np.asarray(gray))
    elif kind == "16.png":
        Image.fromarray(deep).save(file, "PNG")
    elif kind == "color.jpg":
        color.save(file, "JPEG")
    elif kind == "large.jpg":
        gray.resize((3000, round(3000 * gray.height / gray.width))).save(file, "JPEG")
    else:
        gray.save(file, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[kind])
    return file.getvalue()


def box() -> list[dict[str, Any]]:
    return [
        {"name": f"{subject}.{kind}", "mimeType": "", "buffer": scan(subject, kind)}
        for subject in SUBJECTS
        for kind in KINDS
    ]


def test_of_thirty_two_scans_with_marks_and_a_reload_in_the_middle_nothing_is_lost(
    visit: Callable[..., "Page"],
) -> None:
    page = visit()
    letter = {"name": "letter.txt", "mimeType": "text/plain", "buffer": b"Dear grandmother"}
    page.set_input_files("#photo-input", [*box(), letter])
    settle(page)
    assert page.locator(".thumbnail").count() in {32, 33}
    marked = ("coffee.jpg", "chelsea.tif", "rocket.16.png")
    for name in marked:
        page.click(f"[aria-label='{name}']")
        settle(page)
        tell(page, 0.25, 0.5, BLUE)
    page.locator("[aria-label='letter.txt']").or_(
        page.locator("text=letter.txt")
    ).first.scroll_into_view_if_needed()
    page.wait_for_selector("text=letter.txt cannot be opened")
    until(page, "document.querySelectorAll('.thumbnail').length === 32")
    page.wait_for_timeout(1000)
    page.reload()
    page.wait_for_selector("text=Go on with 32 photographs")
    page.click("#messages .primary")
    settle(page)
    assert page.locator(".thumbnail").count() == 32
    assert page.inner_text("#photo-name") == marked[-1]
    assert page.inner_text("#mark-count") == "1 hint"
    name, data = saved(page, "#save-all")
    assert name == "rechroma.zip"
    assert page.inner_text("#status") == "32 of 32 photographs are saved in one ZIP."
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        pictures = [each for each in names if not each.endswith(".json")]
        assert len({each.casefold() for each in pictures}) == 32
        assert sorted(each for each in names if each.endswith(".hints.json")) == sorted(
            f"{each.rpartition('.')[0]}.hints.json" for each in marked
        )
        for each in pictures:
            opened = Image.open(io.BytesIO(archive.read(each)))
            assert opened.mode != "L", each
            if each.endswith("large.color.jpg"):
                assert opened.width == 3000
        coffee = np.asarray(Image.open(io.BytesIO(archive.read("coffee.color.jpg"))))
    place = studio_page.chroma_at(coffee, 0.25, 0.5)
    assert np.linalg.norm(place - studio_page.chroma_of(BLUE)) < 4
