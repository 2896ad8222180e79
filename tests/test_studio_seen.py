"""The studio in a real browser: what a person sees: messages, files that are none, places of things on the screen."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import tifffile
from PIL import Image

import studio_page
from studio_page import on_picture, photograph, saved, settle, shown, studio, until, upload

if TYPE_CHECKING:
    from playwright.sync_api import Page

serving, address, browser, visit = (
    studio_page.serving,
    studio_page.address,
    studio_page.browser,
    studio_page.visit,
)
pytestmark = studio_page.needs_chromium

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ODD = "le\"t'ter & <b> %22.jpg"


def tiff(name: str, *, pages: int = 1) -> bytes:
    """Give a photograph as a 16-bit TIFF, which browsers cannot show."""
    pixels = np.asarray(Image.open(io.BytesIO(photograph(name)))).astype(np.uint16) * 257
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for _ in range(pages):
            writer.write(pixels)
    return file.getvalue()


def boxes(page: "Page", *selectors: str) -> list[dict[str, float]]:
    return [dict(box) for name in selectors if (box := page.locator(name).bounding_box())]


def overlap(one: dict[str, float], other: dict[str, float]) -> float:
    """Give the share of the first box that the second covers."""
    width = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
    height = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
    return max(width, 0) * max(height, 0) / (one["width"] * one["height"])


def test_files_that_are_no_pictures_get_one_message_each_with_their_own_names(
    visit: Callable[..., "Page"],
) -> None:
    page = visit()
    bad = [upload("", data=b"book of nothing", file=ODD), upload("", data=b"", file="empty.tif")]
    page.set_input_files("#photo-input", bad)
    page.wait_for_selector("#messages li:nth-child(2)")
    words = page.locator("#messages .error span").all_inner_texts()
    assert len(words) == 2
    assert words[0].startswith(
        f"{ODD} cannot be opened: this is no picture of a known kind; accepted: JPEG, PNG"
    )
    assert words[1] == "empty.tif cannot be opened: the file is empty."
    assert page.is_visible("#welcome") and page.is_hidden("#tools")
    page.set_input_files("#photo-input", [upload("coffee"), bad[0]])
    settle(page)
    page.wait_for_selector(".thumbnail img.unseen", state="detached")
    page.wait_for_selector("#messages .error")
    assert page.locator("#messages .error").count() == 1
    assert page.inner_text("#photo-name") == "coffee.jpg"
    page.set_input_files("#photo-input", [upload("chelsea")])
    settle(page)
    assert page.locator("#messages li").count() == 0
    assert page.locator(".thumbnail").count() == 2


def test_messages_lie_over_the_picture_and_never_over_a_toolbar(visit: Callable[..., "Page"]) -> None:
    for how in ({}, PHONE):
        page = studio(visit, "coffee", "chelsea", **how)
        page.set_input_files("#photo-input", [upload("", data=b"none", file=f"{each}.jpg") for each in "abc"])
        page.wait_for_selector("#messages li:nth-child(3)")
        for bar in ("header", "#tools", "#overlays", "#strip"):
            assert overlap(*boxes(page, bar, "#messages")) == 0, bar
            assert overlap(*boxes(page, bar, "#status")) == 0, bar
        if how:
            page.mouse.wheel(0, 900)
            page.wait_for_timeout(100)
            assert overlap(*boxes(page, "#messages li:first-child", "#view")) > 0.9


def test_photographs_that_browsers_cannot_show_have_thumbnails_and_their_notes_are_given(
    visit: Callable[..., "Page"],
) -> None:
    page = visit()
    files = [
        upload("coffee"),
        {"name": "scan.tif", "mimeType": "image/tiff", "buffer": tiff("chelsea", pages=2)},
        {"name": "other.tif", "mimeType": "image/tiff", "buffer": tiff("astronaut")},
    ]
    page.set_input_files("#photo-input", files)
    settle(page)
    for name in ("scan.tif", "other.tif"):
        page.wait_for_selector(f"[aria-label='{name}'] img:not(.unseen)")
        assert np.ptp(shown(page, f"[aria-label='{name}'] img")) > 100
    assert page.locator("#messages li:visible").count() == 0
    page.click("[aria-label='scan.tif']")
    page.wait_for_selector("#messages .note")
    assert (
        page.inner_text("#messages .note span")
        == "scan.tif: this tiff has 2 pages or frames; the first is taken."
    )
    settle(page)
    page.click("[aria-label='coffee.jpg']")
    settle(page)
    assert page.locator("#messages li:visible").count() == 0


def test_notes_on_a_result_are_shown_when_it_is_saved(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)

    def with_note(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"Rechroma-Notes": "a caf%C3%A9 is left out"})

    page.route("**/result", with_note)
    assert saved(page, "#save")[0] == "coffee.color.jpg"
    page.wait_for_selector("#messages .note")
    assert page.inner_text("#messages .note span") == "coffee.jpg: a caf\u00e9 is left out."


def test_the_color_window_leaves_the_picture_free(visit: Callable[..., "Page"]) -> None:
    for width, height in ((1280, 800), (1920, 1080)):
        page = studio(visit, "astronaut", viewport={"width": width, "height": height})
        page.mouse.click(*on_picture(page, 0.25, 0.85))
        page.wait_for_selector(".suggestion")
        picture, chooser = boxes(page, "#sheet", "#chooser")
        assert overlap(picture, chooser) == 0
        assert chooser["y"] + chooser["height"] <= height
        assert boxes(page, "#chooser-done")[0]["y"] + 30 < height


def test_on_a_phone_help_is_there_the_picture_goes_back_and_sliders_are_seen_with_it(
    visit: Callable[..., "Page"],
) -> None:
    page = studio(visit, "astronaut", **PHONE)
    before = boxes(page, "#sheet")[0]
    page.touchscreen.tap(*on_picture(page, 0.25, 0.97))
    page.wait_for_selector(".suggestion")
    place = on_picture(page, 0.25, 0.97)
    assert place[1] < boxes(page, "#chooser")[0]["y"]
    page.locator("#chooser-done").tap()
    until(page, f"document.getElementById('sheet').getBoundingClientRect().y === {before['y']}")
    assert boxes(page, "#sheet")[0] == before
    page.locator("#help-button").tap()
    assert page.is_visible("#help")
    page.locator("#help-close").tap()
    for option in ("saturation", "warmth", "vividness", "temperature", "reach"):
        page.locator(f"#option-{option}").evaluate("slider => slider.scrollIntoView({ block: 'end' })")
        slider, view = boxes(page, f"#option-{option}", "#view")
        assert overlap(slider, view) == 0 and slider["y"] + slider["height"] <= 845
        assert view["y"] >= 0 and view["y"] + view["height"] <= 844 and view["height"] > 300


def test_a_window_of_another_size_does_not_throw_the_zoom_away(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    for _ in range(4):
        page.click("#zoom-in")
    page.wait_for_timeout(300)
    wide = boxes(page, "#sheet")[0]["width"]
    page.set_viewport_size({"width": 1280, "height": 700})
    page.wait_for_timeout(300)
    assert abs(boxes(page, "#sheet")[0]["width"] - wide) < 2


def grainy(name: str, *, width: int) -> bytes:
    """Give a scan with grain of one pixel, which only shows where every pixel is seen."""
    smooth = Image.open(io.BytesIO(photograph(name, width=width)))
    grain = np.random.default_rng(0).normal(0, 12, (smooth.height, smooth.width))
    file = io.BytesIO()
    pixels = np.clip(np.asarray(smooth) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    return file.getvalue()


def test_a_large_scan_is_sharp_where_it_is_looked_at_closely(
    visit: Callable[..., "Page"], address: str
) -> None:
    page = visit()
    large = grainy("coffee", width=3000)
    page.set_input_files("#photo-input", [upload("coffee", data=large)])
    settle(page)
    assert shown(page).shape[1] == 1024
    before = page.locator("#sheet").bounding_box()
    assert before
    page.mouse.move(*on_picture(page, 0.25, 0.25))
    page.mouse.wheel(0, -300)
    until(page, f"document.getElementById('sheet').getBoundingClientRect().width > {before['width'] + 200}")
    page.keyboard.press("1")
    assert page.inner_text("#zoom") == "100 %"
    after = page.locator("#sheet").bounding_box()
    assert after and abs(after["width"] - 3000) < 0.01 and before["width"] < 1000
    page.wait_for_selector("#after-near.there")
    page.wait_for_selector("#before-near.there")
    # One pixel of the file for each of the part in sight, and no more of it than that with a margin; what was asked
    # for while the wheel still turned may come first.
    until(page, f"(({NEAR})()).pixels.every((n, i) => n === Math.round((({NEAR})()).size[i]))")
    near = page.evaluate(NEAR)
    assert near["pixels"] == [round(side) for side in near["size"]]
    assert near["pixels"][0] < 1.5 * 968
    result = Image.open(
        io.BytesIO(httpx.post(f"{address}/api/colorize", files={"picture": ("coffee.jpg", large)}).content)
    ).convert("RGB")
    left, top = (round(place) for place in near["at"])
    part = np.asarray(result.crop((left, top, left + near["pixels"][0], top + near["pixels"][1])), float)
    seen = shown(page, "#after-near")[..., :3].astype(float)
    assert abs(part - seen).mean() < 3
    view = page.locator("#view").bounding_box()
    assert view
    clip = {"x": view["x"] + 300, "y": view["y"] + 100, "width": 200, "height": 200}
    screen = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"), float)
    x, y = round(clip["x"] - after["x"]), round(clip["y"] - after["y"])
    true = np.asarray(result.crop((x, y, x + 200, y + 200)), float)
    assert abs(screen - true).mean() < 3
    assert abs(np.diff(screen, axis=1)).mean() > 0.9 * abs(np.diff(true, axis=1)).mean()
    page.mouse.down()
    page.mouse.move(*on_picture(page, 0.3, 0.3), steps=4)
    page.mouse.up()
    assert page.inner_text("#mark-count") == "none yet"
    page.keyboard.press("0")
    whole = f"document.getElementById('sheet').getBoundingClientRect().width < {before['width'] + 1}"
    until(page, whole)
    page.wait_for_selector("#after-near:not(.there)", state="attached")


NEAR = """() => {
  const image = document.getElementById("after-near");
  const [at, sheet] = [image, document.getElementById("sheet")].map((each) => each.getBoundingClientRect());
  return {
    pixels: [image.naturalWidth, image.naturalHeight],
    size: [at.width, at.height],
    at: [at.left - sheet.left, at.top - sheet.top],
  };
}"""
