"""The studio in a real browser: a person's whole way from a gray photograph to a saved one."""

import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
from PIL import Image

import rechroma
import studio_page
from rechroma import hints
from rechroma.types import ColorizeOptions
from studio_page import (
    BLUE,
    chroma_at,
    chroma_of,
    drag,
    on_picture,
    photograph,
    saved,
    settle,
    shown,
    slide,
    studio,
    tell,
    until,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

serving, address, browser, visit = (
    studio_page.serving,
    studio_page.address,
    studio_page.browser,
    studio_page.visit,
)
pytestmark = studio_page.needs_chromium


def test_a_photograph_shows_in_color_beside_its_gray(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    page.wait_for_selector("#sheet:not(.raw)")
    colored, gray = shown(page), shown(page, "#before")
    assert colored.shape[:2] == gray.shape[:2] == (400, 600)
    assert np.ptp(gray[..., :3].astype(int), axis=-1).max() <= 2
    assert np.ptp(colored[..., :3].astype(int), axis=-1).mean() > 10
    assert "600 × 400" in page.inner_text("#photo-facts")


def test_a_hint_gives_its_place_the_asked_color_and_undo_takes_it_back(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    before = shown(page)
    tell(page, 0.25, 0.5, BLUE)
    after = shown(page)
    assert np.linalg.norm(chroma_at(after, 0.25, 0.5) - chroma_of(BLUE)) < 4
    assert np.linalg.norm(chroma_at(before, 0.25, 0.5) - chroma_of(BLUE)) > 20
    assert page.inner_text("#mark-count") == "1 hint"
    page.keyboard.press("Control+z")
    settle(page)
    assert np.array_equal(shown(page), before)
    page.keyboard.press("y")
    settle(page)
    assert np.array_equal(shown(page), after)


def test_a_suggestion_and_the_picker_color_the_place_as_one_step(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    before = shown(page)
    page.mouse.click(*on_picture(page, 0.25, 0.5))
    swatch = page.locator(".suggestion button").nth(1)
    wanted = swatch.get_attribute("data-color")
    assert wanted
    swatch.click()
    settle(page)
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(wanted)) < 4
    page.locator("#plane").click(position={"x": 90, "y": 120})
    settle(page)
    picked = page.input_value("#exact")
    assert re.fullmatch("#[0-9a-f]{6}", picked) and picked != wanted
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(picked)) < 4
    page.keyboard.press("Escape")
    page.click("#undo")
    settle(page)
    assert np.array_equal(shown(page), before)


def test_a_stroke_is_painted_kept_gray_and_erased(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    before = shown(page)
    page.keyboard.press("b")
    page.click("#brush-color")
    page.fill("#exact", BLUE)
    page.press("#exact", "Enter")
    page.keyboard.press("Escape")
    drag(page, (0.2, 0.45), (0.3, 0.55))
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(BLUE)) < 4
    page.keyboard.press("g")
    drag(page, (0.8, 0.2), (0.9, 0.2))
    assert np.linalg.norm(chroma_at(shown(page), 0.85, 0.2)) < 4
    page.keyboard.press("e")
    drag(page, (0.25, 0.3), (0.25, 0.7))
    assert page.inner_text("#mark-count") == "1 hint"
    drag(page, (0.85, 0.1), (0.85, 0.3))
    assert np.array_equal(shown(page), before)


def test_the_saved_picture_is_byte_for_byte_what_library_server_and_command_make_of_the_saved_hints(
    visit: Callable[..., "Page"], address: str, tmp_path: Path
) -> None:
    page = studio(visit)
    tell(page, 0.25, 0.5, BLUE)
    page.keyboard.press("b")
    drag(page, (0.6, 0.2), (0.8, 0.3), (0.9, 0.25))
    slide(page.locator("#option-saturation"), "ArrowRight", 4)
    slide(page.locator("#option-warmth"), "ArrowLeft", 3)
    settle(page)
    assert (
        page.text_content("#command")
        == "rechroma colorize coffee.jpg --hints coffee.hints.json --saturation 1.2 --warmth -0.15"
    )
    name, text = saved(page, "#save-hints")
    assert name == "coffee.hints.json"
    marks = hints.from_json(text.decode())
    assert (len(marks.points), len(marks.strokes)) == (1, 1)
    name, picture = saved(page, "#save")
    assert name == "coffee.color.jpg"
    options = ColorizeOptions(hints=marks, saturation=1.2, warmth=-0.15)
    assert picture == rechroma.colorize(photograph("coffee"), options)
    answer = httpx.post(
        f"{address}/api/colorize",
        files={"picture": ("coffee.jpg", photograph("coffee"))},
        data={"hints": text.decode(), "saturation": "1.2", "warmth": "-0.15"},
    )
    assert picture == answer.content
    (tmp_path / "coffee.jpg").write_bytes(photograph("coffee"))
    (tmp_path / "coffee.hints.json").write_bytes(text)
    command = shlex.split(page.text_content("#command") or "")
    assert command.pop(0) == "rechroma"
    subprocess.run(
        [sys.executable, "-m", "rechroma", *command], cwd=tmp_path, check=True, capture_output=True
    )
    assert picture == (tmp_path / "coffee.color.jpg").read_bytes()
    opened = Image.open(io.BytesIO(picture))
    assert (opened.format, opened.getexif()[0x010E]) == ("JPEG", "A picture of coffee")


def test_saved_hints_load_again(visit: Callable[..., "Page"], tmp_path: Path) -> None:
    page = studio(visit)
    tell(page, 0.25, 0.5, BLUE)
    colored = shown(page)
    _, text = saved(page, "#save-hints")
    assert BLUE in json.loads(text)["palette"]
    page.click("#clear-marks")
    settle(page)
    assert not np.array_equal(shown(page), colored)
    (tmp_path / "coffee.hints.json").write_bytes(text)
    page.set_input_files("#hints-input", tmp_path / "coffee.hints.json")
    until(page, "document.getElementById('mark-count').textContent === '1 hint'")
    settle(page)
    assert np.array_equal(shown(page), colored)
    (tmp_path / "other.json").write_text("{}")
    page.set_input_files("#hints-input", tmp_path / "other.json")
    page.wait_for_selector("#messages .error")
    assert "not a hints file" in page.inner_text("#messages .error span")
