"""A real browser with the studio in it: what the tests of the studio share."""

import base64
import functools
import io
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from rechroma import color

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVER = (
    "import sys; from rechroma.server import ServeOptions, serve; "
    "serve(ServeOptions(port=0, token=sys.argv[1] or None), ready=lambda address: print(address, flush=True))"
)
TOKEN = "a-token-of-24-characters"
WAIT_MS = 60_000
BLUE = "#2f5fae"

needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="needs Chromium: apt-get install chromium (or chromium-browser, google-chrome)"
)


@pytest.fixture(scope="module")
def serving() -> Iterator[Callable[[str], str]]:
    """Start servers, each once: token to address."""
    pytest.importorskip("fastapi", reason="needs the extra server")
    pytest.importorskip("uvicorn", reason="needs the extra server")
    running: list[subprocess.Popen[str]] = []

    @functools.cache
    def start(token: str = "") -> str:
        command = [sys.executable, "-c", SERVER, token]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(server)
        assert server.stdout
        return server.stdout.readline().partition("?")[0].strip().rstrip("/")

    yield start
    for server in running:
        server.terminate()
        server.communicate(timeout=20)


@pytest.fixture(scope="module")
def address(serving: Callable[[str], str]) -> str:
    return serving("")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="needs playwright: pip install -e '.[dev]'"
    )
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: "Browser", address: str) -> Iterator[Callable[..., "Page"]]:
    """Open the studio; afterwards: nothing left its origin, nothing complained."""
    seen: list[str] = []
    wrong: list[str] = []
    contexts = []

    def opened(url: str = address, **how: Any) -> "Page":
        context = browser.new_context(
            **({"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | how)
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("request", lambda request: seen.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type in {"error", "warning"} and wrong.append(said.text))
        page.goto(url)
        page.wait_for_selector("#version:not(:empty)", state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    origins = {url.partition("://")[2].partition("/")[0] for url in seen if url.startswith("http")}
    assert all(origin.startswith("127.0.0.1:") for origin in origins)
    assert {url.partition(":")[0] for url in seen} <= {"http", "blob", "data"}
    # A draft that the server forgot, and a picture that it refused, are also noted by the browser.
    assert [text for text in wrong if "the server responded with a status of 4" not in text] == []


@functools.cache
def photograph(name: str, kind: str = "jpeg", width: int = 0) -> bytes:
    """Give one of scikit-image's photographs, gray, as a file."""
    from skimage import data

    picture = Image.fromarray(getattr(data, name)()).convert("L")
    if width:
        picture = picture.resize((width, round(width * picture.height / picture.width)))
    exif = Image.Exif()
    exif[0x010E] = f"A picture of {name}"
    file = io.BytesIO()
    picture.save(file, kind, quality=90, exif=exif)
    return file.getvalue()


def upload(name: str, *, data: bytes | None = None, file: str = "") -> dict[str, Any]:
    return {
        "name": file or f"{name}.jpg",
        "mimeType": "image/jpeg",
        "buffer": photograph(name) if data is None else data,
    }


def settle(page: "Page") -> None:
    """Wait until the picture shows what was asked for."""
    page.wait_for_selector("#after.there")
    page.wait_for_selector("#view[aria-busy=false]")


def until(page: "Page", expression: str) -> None:
    """Wait until an expression is true; the page's own policy forbids Playwright's way, which needs eval."""
    for _ in range(WAIT_MS // 100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {expression}")


def studio(visit: Callable[..., "Page"], *names: str, **how: Any) -> "Page":
    page = visit(**how)
    page.set_input_files("#photo-input", [upload(name) for name in names or ("coffee",)])
    settle(page)
    return page


def shown(page: "Page", image: str = "#after") -> NDArray[np.uint8]:
    """Read an image of the page: (H, W, 4) uint8."""
    width, height, pixels = page.evaluate(
        """async (name) => {
          const image = document.querySelector(name);
          await image.decode();
          const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
          const ink = canvas.getContext("2d");
          ink.drawImage(image, 0, 0);
          const blob = await canvas.convertToBlob();
          const bytes = new Uint8Array(await blob.arrayBuffer());
          let text = "";
          for (const byte of bytes) text += String.fromCharCode(byte);
          return [canvas.width, canvas.height, btoa(text)];
        }""",
        image,
    )
    picture = Image.open(io.BytesIO(base64.b64decode(pixels))).convert("RGBA")
    assert picture.size == (width, height)
    return np.asarray(picture)


def chroma_at(picture: NDArray[np.uint8], x: float, y: float) -> NDArray[np.float32]:
    """Give the mean a*b* of a small square around a place."""
    row, column = round(y * picture.shape[0]), round(x * picture.shape[1])
    around = picture[row - 2 : row + 3, column - 2 : column + 3, :3]
    return color.rgb_to_lab(around.astype(np.float32) / 255)[..., 1:].mean(axis=(0, 1))


def chroma_of(text: str) -> NDArray[np.float32]:
    rgb = np.array([int(text[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255
    return color.rgb_to_lab(rgb[None])[0, 1:]


def on_picture(page: "Page", x: float, y: float) -> tuple[float, float]:
    box = page.locator("#sheet").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def tell(page: "Page", x: float, y: float, wanted: str) -> None:
    """Click on the picture and give the place's exact color."""
    page.mouse.click(*on_picture(page, x, y))
    page.wait_for_selector(".suggestion")
    page.fill("#exact", wanted)
    page.press("#exact", "Enter")
    page.click("#chooser-done")
    settle(page)


def drag(page: "Page", *places: tuple[float, float]) -> None:
    page.mouse.move(*on_picture(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*on_picture(page, *place), steps=8)
    page.mouse.up()
    settle(page)


def saved(page: "Page", button: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.click(button)
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def slide(locator: "Locator", key: str, times: int) -> None:
    locator.focus()
    for _ in range(times):
        locator.press(key)
