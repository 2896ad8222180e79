"""The studio in a real browser: what is on the desk survives reloads, slips of the hand and restarts of the server."""

import io
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import studio_page
from studio_page import BLUE, SERVER, saved, settle, shown, slide, studio, tell, until, upload

if TYPE_CHECKING:
    from playwright.sync_api import Page

serving, address, browser, visit = (
    studio_page.serving,
    studio_page.address,
    studio_page.browser,
    studio_page.visit,
)
pytestmark = studio_page.needs_chromium

KEPT = """() => new Promise((done) => {
  const opening = indexedDB.open("rechroma-studio");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("photographs").objectStore("photographs").getAll();
    asked.onsuccess = () => {
      opening.result.close();
      const kept = asked.result.filter(({ removed }) => !removed).sort((one, other) => one.order - other.order);
      done(kept.map(({ name, marks }) => [name, marks.points.length]));
    };
  };
})"""
FULL = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (record) {
  if (this.name === "files") throw new DOMException("full", "QuotaExceededError");
  return put.call(this, record);
};
"""
BLOCKED = 'indexedDB.open = () => { throw new DOMException("no", "SecurityError"); };'
FROM = re.compile(r"from today, \d\d:\d\d: coffee.jpg, chelsea.jpg, astronaut.jpg\?")


def wait_until_kept(page: "Page", wanted: list[list[Any]]) -> None:
    for _ in range(100):
        if page.evaluate(KEPT) == wanted:
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.evaluate(KEPT))


def names(page: "Page") -> list[str | None]:
    return [each.get_attribute("aria-label") for each in page.locator(".thumbnail").all()]


def test_after_a_reload_photographs_marks_settings_and_references_are_offered_and_back(
    visit: Callable[..., "Page"],
) -> None:
    from skimage import data

    page = studio(visit, "coffee", "chelsea", "astronaut")
    file = io.BytesIO()
    Image.fromarray(data.coffee()).save(file, "JPEG")
    cup = {"name": "cup.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    page.click("[aria-label='chelsea.jpg']")
    settle(page)
    tell(page, 0.25, 0.5, BLUE)
    slide(page.locator("#option-warmth"), "ArrowRight", 4)
    page.set_input_files("#reference-input", [cup])
    page.wait_for_selector("#references li")
    settle(page)
    before, command = shown(page), page.text_content("#command")
    wait_until_kept(page, [["coffee.jpg", 0], ["chelsea.jpg", 1], ["astronaut.jpg", 0]])
    page.reload()
    words = page.locator("#messages .note span").inner_text()
    assert "3 photographs" in words and FROM.search(words)
    page.click("#messages .primary")
    settle(page)
    assert names(page) == ["coffee.jpg", "chelsea.jpg", "astronaut.jpg"]
    assert page.inner_text("#photo-name") == "chelsea.jpg"
    assert page.text_content("#command") == command
    assert "--reference cup.jpg" in (command or "") and "--warmth 0.2" in (command or "")
    assert np.array_equal(shown(page), before)
    assert page.locator("#messages li").count() == 0


def test_a_photograph_that_was_removed_comes_back_with_its_marks(visit: Callable[..., "Page"]) -> None:
    page = studio(visit, "coffee", "chelsea", "astronaut")
    tell(page, 0.25, 0.5, BLUE)
    colored = shown(page)
    page.click("[aria-label='Remove coffee.jpg']")
    page.click("[aria-label='Remove astronaut.jpg']")
    assert page.locator("#messages .note span").inner_text() == "Removed coffee.jpg, astronaut.jpg."
    page.click("#messages button:text-is('Undo')")
    assert names(page) == ["coffee.jpg", "chelsea.jpg", "astronaut.jpg"]
    page.click("[aria-label='coffee.jpg']")
    settle(page)
    assert page.inner_text("#mark-count") == "1 hint"
    assert np.array_equal(shown(page), colored)
    page.click("[aria-label='Remove astronaut.jpg']")
    wait_until_kept(page, [["coffee.jpg", 1], ["chelsea.jpg", 0]])
    page.reload()
    assert "2 photographs" in page.locator("#messages .note span").inner_text()


def test_a_reference_that_was_removed_comes_back_by_undo(visit: Callable[..., "Page"]) -> None:
    from skimage import data

    page = studio(visit)
    file = io.BytesIO()
    Image.fromarray(data.coffee()).save(file, "JPEG")
    page.set_input_files(
        "#reference-input", [{"name": "cup.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}]
    )
    page.wait_for_selector("#references li")
    settle(page)
    lent = shown(page)
    page.click("[aria-label='Remove cup.jpg']")
    settle(page)
    page.click("#undo")
    settle(page)
    assert np.array_equal(shown(page), lent)


def test_a_tab_that_is_gone_leaves_its_photographs_to_the_next_one_and_a_living_one_does_not(
    visit: Callable[..., "Page"], address: str
) -> None:
    page = studio(visit)
    wait_until_kept(page, [["coffee.jpg", 0]])
    second = page.context.new_page()
    second.goto(address)
    second.wait_for_selector("#version:not(:empty)", state="attached")
    second.wait_for_timeout(300)
    assert second.locator("#messages li").count() == 0
    page.close()
    second.reload()
    second.wait_for_selector("text=Go on with one photograph")


def test_what_was_kept_is_deleted_only_when_asked_and_even_then_can_come_back(
    visit: Callable[..., "Page"],
) -> None:
    page = studio(visit)
    wait_until_kept(page, [["coffee.jpg", 0]])
    page.reload()
    page.wait_for_selector("text=Go on with one photograph")
    page.reload()
    page.click("#messages button:text-is('Delete')")
    page.wait_for_selector("text=Deleted one photograph.")
    page.click("#messages button:text-is('Undo')")
    page.click("#messages .primary")
    settle(page)
    assert page.inner_text("#photo-name") == "coffee.jpg"
    page.reload()
    page.click("#messages button:text-is('Delete')")
    page.wait_for_selector("text=Deleted one photograph.")
    page.reload()
    page.wait_for_selector("#version:not(:empty)", state="attached")
    page.wait_for_timeout(300)
    assert page.locator("#messages li").count() == 0


def test_what_the_browser_cannot_keep_is_said_and_the_page_still_works(visit: Callable[..., "Page"]) -> None:
    for script, words in (
        (FULL, "storage is full, so that coffee.jpg is not kept"),
        (BLOCKED, "private window"),
    ):
        page = visit()
        page.add_init_script(script)
        page.reload()
        page.set_input_files("#photo-input", [upload("coffee")])
        page.wait_for_selector("#messages .error")
        assert words in page.inner_text("#messages .error span")
        settle(page)
        tell(page, 0.25, 0.5, BLUE)
        assert page.locator("#messages .error").count() == 1
        assert page.evaluate(
            "() => { const leaving = new Event('beforeunload', { cancelable: true });"
            " window.dispatchEvent(leaving); return leaving.defaultPrevented; }"
        )


@contextmanager
def server_at(port: int) -> Iterator[str]:
    program = SERVER.replace("port=0", f"port={port}")
    process = subprocess.Popen([sys.executable, "-c", program, ""], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip().rstrip("/")
    finally:
        process.kill()
        process.communicate(timeout=20)


def test_after_a_restart_of_the_server_the_page_sends_again_what_it_has(browser: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    with server_at(port) as address:
        page.goto(address)
        page.set_input_files("#photo-input", [upload("coffee"), upload("chelsea")])
        settle(page)
        tell(page, 0.25, 0.5, BLUE)
        colored = shown(page)
    page.keyboard.press("z")
    page.wait_for_selector("#messages .error")
    assert "The server does not answer" in page.inner_text("#messages .error span")
    page.click("[aria-label='chelsea.jpg']")
    until(page, "document.getElementById('panel').inert && document.getElementById('tools').inert")
    assert page.locator("#messages .error").count() == 1
    with server_at(port):
        page.wait_for_selector("#messages .error", state="detached")
        settle(page)
        assert not page.evaluate("document.getElementById('panel').inert")
        page.click("[aria-label='coffee.jpg']")
        settle(page)
        page.keyboard.press("y")
        settle(page)
        assert np.array_equal(shown(page), colored)
        assert saved(page, "#save-all")[0] == "rechroma.zip"
    page.close()
