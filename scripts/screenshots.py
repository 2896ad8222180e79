"""Make the pictures of docs/studio.md: the studio in a real browser, on scikit-image's photographs.

python scripts/screenshots.py [--only NAME]      writes docs/images/studio-*.jpg; needs Chromium and playwright
"""

import argparse
import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, sync_playwright
from skimage import data

SERVER = (
    "from rechroma.server import ServeOptions, serve; "
    "serve(ServeOptions(port=0), ready=lambda address: print(address, flush=True))"
)
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
QUALITY = 82
ORANGE = "#c4682f"
SUIT = [(0.24, 0.84), (0.34, 0.78), (0.40, 0.90)]
"""Where the astronaut's suit is painted, as shares of width and height."""


def gray(name: str) -> FilePayload:
    """Give a photograph as an upload."""
    file = io.BytesIO()
    Image.fromarray(getattr(data, name)()).convert("L").save(file, "JPEG", quality=92)
    return {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def settle(page: Page) -> None:
    """Wait until the picture shows what was asked for, and messages are gone."""
    page.wait_for_selector("#after.there")
    page.wait_for_selector("#view[aria-busy=false]")
    page.wait_for_selector("#status:not(.shown)", state="attached")
    page.wait_for_timeout(400)


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Give the place on the screen of a place on the picture."""
    box = page.locator("#sheet").bounding_box()
    if box is None:
        raise RuntimeError("the picture is not on the screen")
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def paint(page: Page, places: list[tuple[float, float]], color: str) -> None:
    """Paint a stroke in a color."""
    page.keyboard.press("b")
    page.click("#brush-color")
    page.fill("#exact", color)
    page.press("#exact", "Enter")
    page.keyboard.press("Escape")
    page.mouse.move(*spot(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*spot(page, *place), steps=10)
    page.mouse.up()
    page.keyboard.press("p")
    page.mouse.move(5, 5)
    settle(page)


def welcome(page: Page) -> None:
    """Nothing is open yet."""


def first(page: Page) -> None:
    """The first colors, beside the gray."""
    page.set_input_files("#photo-input", [gray("astronaut")])
    settle(page)
    page.locator("#divider").focus()
    for _ in range(24):
        page.keyboard.press("ArrowRight")
    page.evaluate("document.activeElement.blur()")
    settle(page)


def colors(page: Page) -> None:
    """The colors of a place."""
    page.set_input_files("#photo-input", [gray("astronaut")])
    settle(page)
    page.mouse.click(*spot(page, 0.40, 0.68))
    page.wait_for_selector(".suggestion")
    suggested = [
        button.get_attribute("data-color") or "" for button in page.locator(".suggestion button").all()
    ]
    reddest = max(suggested, key=lambda color: int(color[1:3], 16) - int(color[3:5], 16))
    page.click(f".suggestion [data-color='{reddest}']")
    settle(page)


def painted(page: Page) -> None:
    """A stroke makes the whole suit orange; proposals beside it."""
    page.set_input_files("#photo-input", [gray("astronaut")])
    settle(page)
    paint(page, SUIT, ORANGE)
    page.click("#more-proposals")
    page.wait_for_selector(".proposal")
    page.mouse.move(5, 5)
    settle(page)


def uncertainty(page: Page) -> None:
    """Where the model is unsure, in the dark palette."""
    page.set_input_files("#photo-input", [gray("coffee"), gray("chelsea"), gray("rocket")])
    settle(page)
    page.click("#color-all")
    page.wait_for_selector("#color-all:enabled")
    page.wait_for_selector("#progress", state="hidden")
    page.keyboard.press("o")
    page.wait_for_selector("#uncertainty.there")
    page.mouse.move(5, 5)
    settle(page)


def phone(page: Page) -> None:
    """The same on a telephone."""
    colors(page)


SCENES: dict[str, tuple[Callable[[Page], None], dict[str, Any]]] = {
    "welcome": (welcome, DESKTOP),
    "first": (first, DESKTOP),
    "colors": (colors, DESKTOP),
    "painted": (painted, DESKTOP),
    "uncertainty": (uncertainty, DESKTOP | {"color_scheme": "dark"}),
    "phone": (phone, PHONE),
}


@contextmanager
def server() -> Iterator[str]:
    """Serve the studio on a free port; gives its address."""
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True)
    if process.stdout is None:
        raise RuntimeError("the server has no output")
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)


def shoot(browser: Browser, address: str, name: str, out: Path) -> None:
    """Play one scene and take its picture."""
    scene, how = SCENES[name]
    page = browser.new_page(reduced_motion="reduce", **how)
    page.goto(address)
    page.wait_for_selector("#version:not(:empty)", state="attached")
    scene(page)
    page.screenshot(path=out / f"studio-{name}.jpg", type="jpeg", quality=QUALITY)
    page.close()


def main() -> None:
    """Take all pictures, or one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=SCENES, help="one picture alone")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "images")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("needs Chromium: apt-get install chromium")
    with server() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name in [arguments.only] if arguments.only else SCENES:
            shoot(browser, address, name, arguments.out)
        browser.close()


if __name__ == "__main__":
    main()
