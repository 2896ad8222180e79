"""A gray JPEG with color appended is read rightly by the decoders of this world, those that are installed."""

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from conftest import encoded, scene
from rechroma import color, image

Decode = Callable[[bytes, Path], NDArray[np.uint8]]

KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "optimized": {"optimize": True},
    "progressive": {"progressive": True},
    "restart markers": {"restart_marker_blocks": 3},
    "restart markers every row": {"restart_marker_rows": 1},
    "coarse": {"quality": 20},
    "finest": {"quality": 100},
}
SIZES = ((64, 96), (90, 121), (121, 90), (17, 33), (200, 304), (1, 1), (8, 9))


def colored(height: int, width: int, **how: Any) -> tuple[bytes, NDArray[np.uint8]]:
    """Give a JPEG with color appended and, from its parts, the RGB (H, W, 3) uint8 that it means."""
    gray = encoded(scene(height, width), "JPEG", **({"quality": 92} | how))
    picture = image.read(gray)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cb = 128 + 60 * np.cos(3 * x / max(width, 80))
    cr = 128 + 60 * np.sin(2 * y / max(height, 80))
    planes = [np.round(plane).astype(np.uint8) for plane in (cb, cr)]
    data = image.encode_lossless_jpeg(picture, *planes, quality=95)
    meant = np.dstack([image.luma(picture).astype(np.float32), cb, cr])
    return data, np.round(color.ycbcr_to_rgb(meant).clip(0, 1) * 255).astype(np.uint8)


def by_pillow(data: bytes, folder: Path) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def by_simplejpeg(data: bytes, folder: Path) -> NDArray[np.uint8]:
    import simplejpeg

    return np.asarray(simplejpeg.decode_jpeg(data, "RGB"))


def by_imagecodecs(data: bytes, folder: Path) -> NDArray[np.uint8]:
    imagecodecs = pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    return np.asarray(imagecodecs.jpeg8_decode(data))


def by_ffmpeg(data: bytes, folder: Path) -> NDArray[np.uint8]:
    av = pytest.importorskip("av", reason="PyAV (FFmpeg) is not installed")
    with av.open(io.BytesIO(data), format="jpeg_pipe") as container:
        frame = next(container.decode(video=0))
    return np.asarray(frame.to_ndarray(format="rgb24"))


def by_opencv(data: bytes, folder: Path) -> NDArray[np.uint8]:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])


def by_libvips(data: bytes, folder: Path) -> NDArray[np.uint8]:
    pyvips = pytest.importorskip("pyvips", reason="pyvips (libvips) is not installed", exc_type=ImportError)
    return np.asarray(pyvips.Image.new_from_buffer(data, "").numpy())


def by_zune(data: bytes, folder: Path) -> NDArray[np.uint8]:
    typst = pytest.importorskip("typst", reason="typst (Rust's zune-jpeg) is not installed")
    height, width = np.asarray(Image.open(io.BytesIO(data))).shape[:2]
    (folder / "it.jpg").write_bytes(data)
    size = f"width: {width}pt, height: {height}pt"
    page = f'#set page({size}, margin: 0pt)\n#image("it.jpg", {size}, scaling: "pixelated")'
    (folder / "page.typ").write_text(page)
    drawn = typst.compile(str(folder / "page.typ"), format="png", ppi=72.0)
    return np.asarray(Image.open(io.BytesIO(drawn)).convert("RGB"))


def by_go(data: bytes, folder: Path) -> NDArray[np.uint8]:
    go = _program("go")
    program = folder.parent / "godecode"
    if not program.exists():
        source = folder.parent / "decode.go"
        source.write_text(_GO)
        home = {"GOCACHE": str(folder.parent / "gocache"), "GO111MODULE": "off", "GOFLAGS": ""}
        _run([go, "build", "-o", str(program), str(source)], {**os.environ, **home})
    return _decoded_by(program, data, folder)


def by_stb(data: bytes, folder: Path) -> NDArray[np.uint8]:
    compiler = _program("cc")
    headers = [
        place
        for place in (Path("/usr/include/stb"), Path("/usr/include"))
        if (place / "stb_image.h").exists()
    ]
    if not headers:
        pytest.skip("stb_image.h is not installed")
    program = folder.parent / "stbdecode"
    if not program.exists():
        source = folder.parent / "decode.c"
        source.write_text(_STB)
        _run([compiler, "-O1", "-w", "-I", str(headers[0]), str(source), "-o", str(program), "-lm"])
    return _decoded_by(program, data, folder)


DECODERS: dict[str, Decode] = {
    "pillow": by_pillow,
    "simplejpeg": by_simplejpeg,
    "imagecodecs": by_imagecodecs,
    "ffmpeg": by_ffmpeg,
    "opencv": by_opencv,
    "libvips": by_libvips,
    "zune-jpeg": by_zune,
    "go": by_go,
    "stb_image": by_stb,
}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where compiled decoders stay."""
    return tmp_path_factory.mktemp("decoders")


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_sees_the_colors_and_the_gray_that_were_put_in(decoder: str, workshop: Path) -> None:
    folder = workshop / decoder.replace(" ", "_")
    folder.mkdir(exist_ok=True)
    seen = []
    for name, how in KINDS.items():
        for height, width in SIZES:
            data, meant = colored(height, width, **how)
            found = DECODERS[decoder](data, folder)
            assert found.shape == meant.shape, (name, height, width)
            error = np.abs(found.astype(int) - meant).mean()
            assert error < 1.8, (name, height, width, error)
            seen.append(error)
    assert np.mean(seen) < 1.1


CHROMIUM = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
]
FIREFOX = ["--headless", "--no-remote"]


@pytest.mark.parametrize(("browser", "arguments"), [("chromium", CHROMIUM), ("firefox-esr", FIREFOX)])
def test_browsers_show_the_colors_that_were_put_in(
    browser: str, arguments: list[str], tmp_path: Path
) -> None:
    program = _program(browser)
    height, width = 90, 121
    page = "<body style='margin:0;background:#fff'>"
    meant = []
    for number, how in enumerate(KINDS.values()):
        data, rgb = colored(height, width, **how)
        (tmp_path / f"{number}.jpg").write_bytes(data)
        page += f"<img src='{number}.jpg' style='position:absolute;left:0;top:{number * 100}px'>"
        meant.append(rgb)
    (tmp_path / "page.html").write_text(page)
    profile = tmp_path / "profile"
    profile.mkdir()
    own = [f"--user-data-dir={profile}"] if browser == "chromium" else ["--profile", str(profile)]
    shot = tmp_path / "shot.png"
    window = f"--window-size=400,{len(KINDS) * 100}"
    shoot = [f"--screenshot={shot}"] if browser == "chromium" else ["--screenshot", str(shot)]
    _run(
        [program, *arguments, *own, window, *shoot, (tmp_path / "page.html").as_uri()],
        {**os.environ, "HOME": str(tmp_path)},
    )
    seen = np.asarray(Image.open(shot).convert("RGB")).astype(int)
    for number, rgb in enumerate(meant):
        part = seen[number * 100 : number * 100 + height, :width]
        assert np.abs(part - rgb).mean() < 1.8, list(KINDS)[number]


@pytest.mark.parametrize("kind", KINDS)
def test_decoded_luma_is_that_of_the_gray_file_to_the_last_bit(kind: str) -> None:
    for height, width in SIZES:
        gray = encoded(scene(height, width), "JPEG", **({"quality": 92} | KINDS[kind]))
        data, _ = colored(height, width, **KINDS[kind])
        truth = np.asarray(Image.open(io.BytesIO(gray)))
        assert np.array_equal(image.luma(image.read(data)), truth)
        opened = Image.open(io.BytesIO(data))
        opened.draft("YCbCr", opened.size)
        assert np.array_equal(np.asarray(opened)[..., 0], truth)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_color_lies_where_it_belongs_in_every_orientation(orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    picture = image.read(encoded(scene(90, 121), "JPEG", quality=92, exif=exif))
    height, width = picture.size
    y, x = np.mgrid[0:height, 0:width]
    cb, cr = (64 + 128 * x / width).astype(np.uint8), (64 + 128 * y / height).astype(np.uint8)
    data = image.encode_lossless_jpeg(picture, cb, cr)
    again = Image.open(io.BytesIO(data))
    assert again.getexif()[274] == orientation
    again.draft("YCbCr", again.size)
    upright = np.asarray(ImageOps.exif_transpose(again)).astype(int)
    assert upright.shape[:2] == (height, width)
    assert np.abs(upright[..., 1] - cb).mean() < 1
    assert np.abs(upright[..., 2] - cr).mean() < 1
    assert np.array_equal(image.luma(image.read(data)), image.luma(picture))


def _program(name: str) -> str:
    """Find a program or skip."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def _run(command: list[str], environment: dict[str, str] | None = None) -> bytes:
    """Run a program and give what it says."""
    done = subprocess.run(command, env=environment, capture_output=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def _decoded_by(program: Path, data: bytes, folder: Path) -> NDArray[np.uint8]:
    """Give what a program makes of a JPEG: a binary PPM on its output."""
    (folder / "it.jpg").write_bytes(data)
    return np.asarray(Image.open(io.BytesIO(_run([str(program), str(folder / "it.jpg")]))))


_GO = """package main

import (
	"bufio"
	"fmt"
	"image/jpeg"
	"os"
)

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	picture, err := jpeg.Decode(file)
	if err != nil {
		panic(err)
	}
	size := picture.Bounds()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	fmt.Fprintf(out, "P6 %d %d 255\\n", size.Dx(), size.Dy())
	for y := 0; y < size.Dy(); y++ {
		for x := 0; x < size.Dx(); x++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			out.Write([]byte{byte(r >> 8), byte(g >> 8), byte(b >> 8)})
		}
	}
}
"""

_STB = """#define STB_IMAGE_IMPLEMENTATION
#include "stb_image.h"

int main(int count, char **words) {
    int width, height, channels;
    unsigned char *rgb = stbi_load(words[1], &width, &height, &channels, 3);
    if (!rgb) {
        fprintf(stderr, "%s\\n", stbi_failure_reason());
        return 1;
    }
    printf("P6 %d %d 255\\n", width, height);
    fwrite(rgb, 3, (size_t)width * height, stdout);
    return 0;
}
"""
