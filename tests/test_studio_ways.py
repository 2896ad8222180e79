"""The studio in a real browser: ideas, doubts, references, many photographs; keyboard, phone, and what goes wrong."""

import io
import zipfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
from PIL import Image

import studio_page
from studio_page import (
    BLUE,
    TOKEN,
    chroma_at,
    chroma_of,
    on_picture,
    photograph,
    saved,
    settle,
    shown,
    slide,
    studio,
    tell,
    until,
    upload,
)

if TYPE_CHECKING:
    from playwright.sync_api import FileChooser, Page

serving, address, browser, visit = (
    studio_page.serving,
    studio_page.address,
    studio_page.browser,
    studio_page.visit,
)
pytestmark = studio_page.needs_chromium

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "color_scheme": "dark",
}


def small(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Shrink for comparing what two pictures look like."""
    return np.asarray(Image.fromarray(picture).convert("RGB").resize((24, 16))).astype(float)


def in_view(page: "Page", selector: str) -> bool:
    box = page.locator(selector).bounding_box()
    assert box and page.viewport_size
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    return (
        min(box["x"], box["y"]) >= 0
        and box["x"] + box["width"] <= width
        and box["y"] + box["height"] <= height
    )


def test_a_proposal_that_is_picked_is_what_its_thumbnail_showed_and_can_be_undone(
    visit: Callable[..., "Page"],
) -> None:
    page = studio(visit)
    before = shown(page)
    page.click("#more-proposals")
    page.wait_for_selector(".proposal")
    proposals = page.locator(".proposal")
    assert proposals.count() >= 2
    thumbnail = shown(page, ".proposal:nth-child(2) img")
    proposals.nth(1).click()
    settle(page)
    picked = shown(page)
    assert abs(small(picked) - small(thumbnail)).mean() < 4 < abs(small(picked) - small(before)).mean()
    page.click("#undo")
    settle(page)
    assert np.array_equal(shown(page), before)


def test_the_overlay_shows_where_the_model_guesses_and_goes_away_again(visit: Callable[..., "Page"]) -> None:
    page = studio(visit)
    page.keyboard.press("o")
    page.wait_for_selector("#uncertainty.there")
    alpha = shown(page, "#uncertainty")[..., 3]
    assert alpha.max() > alpha.min()
    assert page.is_visible("#legend")
    page.keyboard.press("o")
    assert page.locator("#uncertainty.there").count() == 0


def test_a_reference_lends_its_colors_until_it_is_removed(visit: Callable[..., "Page"]) -> None:
    from skimage import data

    page = studio(visit)
    before = shown(page)
    file = io.BytesIO()
    Image.fromarray(data.coffee()).save(file, "JPEG")
    reference = {"name": "the same cup.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    page.set_input_files("#reference-input", [reference])
    page.wait_for_selector("#references li")
    settle(page)
    true = np.asarray(Image.fromarray(data.coffee()).resize((600, 400)))
    lent = shown(page)
    assert abs(small(lent) - small(true)).mean() < abs(small(before) - small(true)).mean()
    assert "--reference 'the same cup.jpg'" in (page.text_content("#command") or "")
    page.click("[aria-label='Remove the same cup.jpg']")
    settle(page)
    assert np.array_equal(shown(page), before)


DROP = """([files, selector]) => {
  const carried = new DataTransfer();
  for (const [name, type, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type }));
  }
  const target = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def test_photographs_hints_and_references_are_dropped_where_they_belong(
    visit: Callable[..., "Page"],
) -> None:
    from skimage import data

    page = visit()

    def drop(name: str, kind: str, content: bytes, selector: str = "body") -> None:
        page.evaluate(DROP, [[[name, kind, b64encode(content).decode()]], selector])

    drop("coffee.jpg", "image/jpeg", photograph("coffee"))
    settle(page)
    before = shown(page)
    text = f'{{"rechroma_hints": 1, "points": [{{"x": 0.25, "y": 0.5, "color": "{BLUE}", "radius": 0.02}}]}}'
    drop("coffee.hints.json", "application/json", text.encode())
    until(page, "document.getElementById('mark-count').textContent === '1 hint'")
    settle(page)
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(BLUE)) < 4
    page.click("#undo")
    settle(page)
    assert np.array_equal(shown(page), before)
    file = io.BytesIO()
    Image.fromarray(data.chelsea()).save(file, "JPEG")
    drop("chelsea.jpg", "image/jpeg", file.getvalue(), "#reference-drop")
    page.wait_for_selector("#references li")
    settle(page)
    assert page.locator(".thumbnail").count() == 1
    drop("gray.jpg", "image/jpeg", photograph("coffee"), "#reference-drop")
    page.wait_for_selector("#messages .error")
    assert "color" in page.inner_text("#messages .error span")
    assert page.locator("#references li").count() == 1


def test_all_photographs_are_colored_with_progress_and_those_without_settings_take_the_ones_in_front(
    visit: Callable[..., "Page"], address: str
) -> None:
    page = studio(visit, "coffee", "chelsea", "astronaut")
    assert page.locator(".thumbnail").count() == 3
    tell(page, 0.25, 0.5, BLUE)
    page.click("[aria-label='astronaut.jpg']")
    settle(page)
    slide(page.locator("#option-warmth"), "ArrowRight", 4)
    settle(page)
    page.evaluate(
        """() => {
          const text = document.getElementById("progress-text");
          window.shown = [];
          new MutationObserver(() => window.shown.push(text.textContent)).observe(text, { childList: true });
        }"""
    )
    page.click("#color-all")
    page.wait_for_selector("#color-all:enabled")
    told = page.evaluate("shown")
    assert told[0] == "0 of 3" and "3 of 3" in told
    assert page.locator("li[data-progress=done]").count() == 3
    name, picture = saved(page, "[aria-label='Save chelsea.jpg']")
    assert name == "chelsea.color.jpg"
    files = {"picture": ("chelsea.jpg", photograph("chelsea"))}
    assert picture == httpx.post(f"{address}/api/colorize", files=files, data={"warmth": "0.2"}).content
    hinted = np.asarray(Image.open(io.BytesIO(saved(page, "[aria-label='Save coffee.jpg']")[1])))
    assert np.linalg.norm(chroma_at(hinted, 0.25, 0.5) - chroma_of(BLUE)) < 4


def test_all_photographs_are_saved_in_one_archive_with_names_of_their_own_and_their_hints(
    visit: Callable[..., "Page"], address: str
) -> None:
    page = visit()
    twins = [
        upload("coffee", file="twin.jpg"),
        upload("chelsea", file="twin.jpg"),
        upload("astronaut", file="TWIN.jpg"),
    ]
    page.set_input_files("#photo-input", twins)
    settle(page)
    tell(page, 0.25, 0.5, BLUE)
    name, data = saved(page, "#save-all")
    assert name == "rechroma.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len({each.lower() for each in names}) == 4
        assert [each for each in names if each.endswith(".hints.json")] == ["twin.hints.json"]
        assert BLUE in archive.read("twin.hints.json").decode()
        files = {"picture": ("twin.jpg", photograph("chelsea"))}
        plain = httpx.post(f"{address}/api/colorize", files=files).content
        assert plain in [archive.read(each) for each in names]
        hinted = np.asarray(Image.open(io.BytesIO(archive.read("twin.color.jpg"))))
    assert np.linalg.norm(chroma_at(hinted, 0.25, 0.5) - chroma_of(BLUE)) < 4
    assert page.inner_text("#status") == "3 of 3 photographs are saved in one ZIP."


def test_the_keyboard_alone_goes_the_whole_way(visit: Callable[..., "Page"]) -> None:
    page = visit()

    def tab_to(selector: str) -> None:
        for _ in range(60):
            if page.evaluate("(name) => document.activeElement.matches(name)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab never came to {selector}")

    choosers: list[FileChooser] = []

    def asked(chooser: "FileChooser") -> None:
        choosers.append(chooser)

    page.on("filechooser", asked)
    tab_to("#welcome [data-open]")
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    for _ in range(100):
        page.wait_for_timeout(100)
        if choosers:
            break
    choosers[0].set_files([upload("coffee")])
    settle(page)
    tab_to("#view")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for key in ["ArrowLeft"] + ["Shift+ArrowLeft"] * 5:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_selector(".suggestion button:focus")
    page.keyboard.press("Tab")
    wanted = page.evaluate("document.activeElement.dataset.color")
    page.keyboard.press("Enter")
    settle(page)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "view"
    assert page.inner_text("#mark-count") == "1 hint"
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(wanted)) < 4
    tab_to("#divider")
    page.keyboard.press("End")
    assert page.get_attribute("#divider", "aria-valuenow") == "100"
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    assert page.get_attribute("[data-show=before]", "aria-pressed") == "true"
    page.keyboard.press("Space")
    page.keyboard.press("z")
    assert page.inner_text("#mark-count") == "none yet"
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    with page.expect_download():
        page.keyboard.press("s")


def test_a_phone_has_all_of_it_without_scrolling_sideways(visit: Callable[..., "Page"]) -> None:
    page = studio(visit, "astronaut", "coffee", **PHONE)
    sideways = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(sideways) == 0
    page.touchscreen.tap(*on_picture(page, 0.25, 0.85))
    page.wait_for_selector(".suggestion")
    assert in_view(page, "#chooser") and in_view(page, "#chooser-done")
    wanted = page.locator(".suggestion button").nth(2).get_attribute("data-color")
    page.locator(".suggestion button").nth(2).tap()
    settle(page)
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.85) - chroma_of(wanted or "")) < 4
    assert on_picture(page, 0.25, 0.85)[1] < page.locator("#chooser").bounding_box()["y"]  # type: ignore[index]
    page.locator("#chooser-done").tap()
    page.locator("[data-tool-button=brush]").tap()
    assert page.evaluate(sideways) == 0
    for selector in ("#save", "#more-proposals", "#reference-button", "#save-hints", "#color-all"):
        page.locator(selector).scroll_into_view_if_needed()
        assert in_view(page, selector), selector


def test_a_draft_that_the_server_forgot_is_made_again(visit: Callable[..., "Page"], address: str) -> None:
    page = visit()
    with page.expect_response(lambda answer: answer.url.endswith("/api/drafts")) as opened:
        page.set_input_files("#photo-input", [upload("coffee")])
    settle(page)
    httpx.delete(f"{address}/api/drafts/{opened.value.json()['id']}")
    tell(page, 0.25, 0.5, BLUE)
    assert np.linalg.norm(chroma_at(shown(page), 0.25, 0.5) - chroma_of(BLUE)) < 4
    assert page.locator("#messages .error").count() == 0


def test_the_token_in_the_address_opens_the_studio_and_leaves_the_address(
    visit: Callable[..., "Page"], serving: Callable[[str], str]
) -> None:
    address = serving(TOKEN)
    page = visit(f"{address}/?token={TOKEN}")
    page.wait_for_url(f"{address}/")
    page.set_input_files("#photo-input", [upload("coffee")])
    settle(page)
    stranger = visit(f"{address}/")
    stranger.set_input_files("#photo-input", [upload("coffee")])
    stranger.wait_for_selector("#messages .error")
    assert "token" in stranger.inner_text("#messages .error span")


GEOMETRY = """async () => {
  const { NOTHING, erased, withPoint, withStroke } = await import("/static/marks.js");
  const wide = [400, 100];
  const dot = withPoint(NOTHING, { x: 0.5, y: 0.5, color: "#112233", radius: 0.01 });
  const line = { places: [[0.1, 0.5], [0.3, 0.5], [0.6, 0.5], [0.9, 0.5]], color: null, width: 0.02 };
  const painted = withStroke(dot, line, wide);
  return {
    places: painted.strokes[0].places.length,
    covered: painted.points.length,
    // 0.2 of the height is 0.05 of the longer side: an eraser of width 0.04 misses the dot, one of 0.1 takes it.
    missed: erased(dot, [[0.5, 0.7]], 0.04, wide).points.length,
    taken: erased(dot, [[0.5, 0.7]], 0.1, wide).points.length,
    crossed: erased(painted, [[0.45, 0.1], [0.45, 0.9]], 0.01, wide).strokes.length,
    untouched: erased(painted, [[0.45, 0.1], [0.45, 0.3]], 0.01, wide).strokes.length,
  };
}"""


def test_marks_are_measured_against_the_longer_side(visit: Callable[..., "Page"]) -> None:
    assert visit().evaluate(GEOMETRY) == {
        "places": 2,
        "covered": 0,
        "missed": 1,
        "taken": 0,
        "crossed": 0,
        "untouched": 1,
    }


def test_the_page_is_small_plain_files_with_the_licenses_of_what_is_not_ours() -> None:
    page = Path(studio_page.__file__).parents[1] / "src" / "rechroma" / "server" / "page"
    ours = [path for path in page.iterdir() if path.suffix in {".js", ".css", ".html"}]
    assert not [path.name for path in ours if len(path.read_text(encoding="utf-8").splitlines()) > 300]
    for bundled in (path for path in (page / "vendor").iterdir() if path.suffixes[-2:] != [".d", ".ts"]):
        assert bundled.with_name(f"{bundled.stem.removesuffix('.LICENSE')}.LICENSE.txt").is_file(), (
            bundled.name
        )
