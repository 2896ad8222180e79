"""How fast it is: ratios measured in one run, tables for the documentation.

    python -m benchmarks speed [photo] [memory] [network] [used] [folder] [start] [--repeats N] [--method M]

Needs the bench extra: pip install -c constraints.txt -e '.[bench]'. A quiet machine gives honest figures.
"""

import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
import skimage.color
import torch
from numpy.typing import NDArray
from PIL import Image

import rechroma
from benchmarks.ddcolor_sized import export
from benchmarks.measure import Row, command, keep, machine, markdown, peak_memory, rows, side_by_side
from benchmarks.photographs import gray, photograph
from rechroma import image
from rechroma.tiling import work_shape
from rechroma.types import ColorizeOptions, Colorizer

QUALITY = 92
SIZE_12_MP = (3000, 4000)
SIZE_2_MP = (1224, 1632)
FOLDER_PICTURES = 200
WORK = 256
DDCOLOR_SIZE = 512
"""Pixels each way: what DDColor's own programs use."""


def photo(repeats: int, method: str) -> list[Row]:
    """A 12-megapixel gray JPEG to a color JPEG, against decoding and encoding alone and the naive ways."""
    color = photograph(*SIZE_12_MP)
    luma = gray(color)
    one = simplejpeg.encode_jpeg(luma[..., None], quality=90, colorspace="GRAY")
    three = simplejpeg.encode_jpeg(np.repeat(luma[..., None], 3, 2), quality=90, colorsubsampling="420")
    lossless, plane = ColorizeOptions(method=method), ColorizeOptions(method=method, lossless_luma=False)
    network = rechroma.load(method)
    cases: dict[str, Callable[[], object]] = {
        "decode + encode alone (simplejpeg)": lambda: _floor(one, color),
        "gray JPEG, lossless luma": lambda: rechroma.colorize(one, lossless),
        "gray JPEG, from planes": lambda: rechroma.colorize(one, plane),
        "three-component JPEG, from planes": lambda: rechroma.colorize(three, plane),
        "naive Lab with OpenCV, same network": lambda: _naive_opencv(one, network),
    }
    if image.lossless_obstacle(image.read(three)) is None:
        cases["three-component JPEG, lossless luma (extra turbo)"] = lambda: rechroma.colorize(
            three, lossless
        )
    quick = side_by_side(cases, repeats=repeats)
    slow = side_by_side(
        {"naive Lab with scikit-image, same network": lambda: _naive_skimage(one, network)},
        repeats=max(2, repeats // 5),
        warm_up=0,
    )
    return rows(quick | slow, unit="ms", to="decode + encode alone (simplejpeg)", scale=1e3)


def _floor(data: bytes, color: NDArray[np.uint8]) -> bytes:
    simplejpeg.decode_jpeg(data, colorspace="GRAY")
    encoded: bytes = simplejpeg.encode_jpeg(color, quality=QUALITY, colorsubsampling="420")
    return encoded


def _naive_opencv(data: bytes, network: Colorizer) -> bytes:
    """What most programs do: the whole picture to float Lab and back."""
    flat = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert flat is not None
    lab = cv2.cvtColor(flat.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    height, width = lab.shape[:2]
    small = cv2.resize(lab[..., 0], (WORK, WORK), interpolation=cv2.INTER_AREA).astype(np.float32)
    ab = network.predict(small).ab
    lab[..., 1:] = cv2.resize(ab, (width, height), interpolation=cv2.INTER_CUBIC)
    bgr = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)
    done, encoded = cv2.imencode(
        ".jpg", np.clip(bgr * 255, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    assert done
    return encoded.tobytes()


def _naive_skimage(data: bytes, network: Colorizer) -> bytes:
    flat = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    lab = skimage.color.rgb2lab(flat)
    height, width = lab.shape[:2]
    small = np.asarray(
        Image.fromarray(lab[..., 0].astype(np.float32)).resize((WORK, WORK), Image.Resampling.BOX)
    )
    ab = network.predict(np.ascontiguousarray(small)).ab
    for channel in (0, 1):
        enlarged = Image.fromarray(ab[..., channel]).resize((width, height), Image.Resampling.BICUBIC)
        lab[..., 1 + channel] = np.asarray(enlarged)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rgb = skimage.color.lab2rgb(lab)
    result = io.BytesIO()
    Image.fromarray((rgb * 255).astype(np.uint8)).save(result, "JPEG", quality=QUALITY)
    return result.getvalue()


COLORIZE = "import sys, rechroma\nfrom rechroma import image, ColorizeOptions\n"
MEMORY = {
    "import onnxruntime alone": "import onnxruntime",
    "gray JPEG, lossless luma": COLORIZE
    + "rechroma.colorize_file(sys.argv[1], sys.argv[3], ColorizeOptions(method=sys.argv[4]))",
    "gray JPEG, from planes": (
        COLORIZE
        + "rechroma.colorize_file(sys.argv[1], sys.argv[3], ColorizeOptions(method=sys.argv[4], lossless_luma=False))"
    ),
    "three-component JPEG, from planes": (
        COLORIZE
        + "rechroma.colorize_file(sys.argv[2], sys.argv[3], ColorizeOptions(method=sys.argv[4], lossless_luma=False))"
    ),
    "decode + encode alone (simplejpeg)": (
        "import sys, simplejpeg\n"
        "rgb = simplejpeg.decode_jpeg(open(sys.argv[1], 'rb').read(), colorspace='RGB')\n"
        "simplejpeg.encode_jpeg(rgb, quality=92, colorsubsampling='420')"
    ),
    "naive Lab with OpenCV, no network": (
        "import sys, cv2, numpy as np\n"
        "lab = cv2.cvtColor(cv2.imread(sys.argv[1]).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)\n"
        "bgr = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR)\n"
        "cv2.imwrite(sys.argv[3], np.clip(bgr * 255, 0, 255).astype(np.uint8))"
    ),
}


def memory(repeats: int, method: str) -> list[Row]:
    """Peak memory of a fresh process that colors one 12-megapixel JPEG."""
    luma = gray(photograph(*SIZE_12_MP))
    with tempfile.TemporaryDirectory() as folder:
        one, three = Path(folder, "one.jpg"), Path(folder, "three.jpg")
        one.write_bytes(simplejpeg.encode_jpeg(luma[..., None], quality=90, colorspace="GRAY"))
        three.write_bytes(
            simplejpeg.encode_jpeg(np.repeat(luma[..., None], 3, 2), quality=90, colorsubsampling="420")
        )
        peaks: dict[str, list[float]] = {}
        for case, code in MEMORY.items():
            for i in range(min(repeats, 3)):
                out = Path(folder, f"{len(peaks)}-{i}.jpg")
                peaks.setdefault(case, []).append(peak_memory(code, str(one), str(three), str(out), method))
    return rows(peaks, unit="MB", to="import onnxruntime alone")


def network(repeats: int, method: str) -> list[Row]:
    """The network alone on 256 x 256 pixels, one and two threads."""
    from rechroma_train.nets.hintnet import HintNet

    logging.disable(logging.WARNING)
    net = HintNet().eval()
    inputs = (
        torch.full((1, 1, WORK, WORK), 50.0),
        torch.zeros(1, 2, WORK, WORK),
        torch.zeros(1, 1, WORK, WORK),
    )

    def eager() -> None:
        with torch.inference_mode():
            net(*inputs)

    table: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder, "ddcolor_sized.onnx")
        millions = export(graph, WORK)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            after = f", {threads} thread{'s' * (threads > 1)}"
            quick = side_by_side(
                {
                    f"hintnet{after}": _ours(method, (WORK, WORK), threads),
                    f"hintnet, torch eager{after}": eager,
                },
                repeats=repeats * 2,
                warm_up=3,
            )
            slow = side_by_side(
                {f"DDColor-T-sized ({millions:.0f} M){after}": _graph(graph, WORK, threads)},
                repeats=repeats,
                warm_up=2,
            )
            table += rows(quick | slow, unit="ms", to=f"hintnet{after}", scale=1e3)
    return table


def used(repeats: int, method: str) -> list[Row]:
    """The networks at the sizes at which they are used, on a 4:3 photograph, two threads."""
    logging.disable(logging.WARNING)
    info = rechroma.load(method).info
    height, width = work_shape(*SIZE_12_MP, info.work_size, info.multiple_of)
    ours = f"hintnet at {width} x {height}, as shipped"
    with tempfile.TemporaryDirectory() as folder:
        graph = Path(folder, "ddcolor_sized.onnx")
        millions = export(graph, DDCOLOR_SIZE)
        samples = side_by_side({ours: _ours(method, (height, width), 2)}, repeats=repeats * 2, warm_up=3)
        theirs = f"DDColor-T-sized ({millions:.0f} M) at {DDCOLOR_SIZE} x {DDCOLOR_SIZE}, its default"
        samples |= side_by_side({theirs: _graph(graph, DDCOLOR_SIZE, 2)}, repeats=max(3, repeats // 3))
    return rows(samples, unit="ms", to=ours, scale=1e3)


def _ours(method: str, size: tuple[int, int], threads: int) -> Callable[[], object]:
    lightness = np.random.default_rng(0).uniform(0, 100, size).astype(np.float32)
    colorizer = rechroma.load(method, threads=threads)
    return lambda: colorizer.predict(lightness)


def _graph(path: Path, size: int, threads: int) -> Callable[[], object]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).random((1, 3, size, size), dtype=np.float32)
    return lambda: session.run(None, {"image": image})


def folder(repeats: int, method: str) -> list[Row]:
    """A folder of 200 gray photographs of 2 megapixels by the command, with one worker and with two."""
    whole: dict[str, list[float]] = {}
    steady: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        source = Path(place, "in")
        source.mkdir()
        for i in range(FOLDER_PICTURES):
            luma = gray(photograph(*SIZE_2_MP, seed=i))[..., None]
            (source / f"{i:03}.jpg").write_bytes(simplejpeg.encode_jpeg(luma, quality=90, colorspace="GRAY"))
        for _ in range(max(1, min(3, repeats // 3))):
            for workers, threads in ((1, 1), (2, 1), (1, 0), (2, 0)):
                name = f"{workers} worker{'s' * (workers > 1)}, "
                name += "one thread each" if threads else "threads as they come"
                out = Path(place, "out")
                asked = ["colorize", str(source), "-o", str(out), "--method", method, "--json"]
                moments = _moments([*asked, "--workers", str(workers), "--threads", str(threads)])
                whole.setdefault(name, []).append(moments[-1])
                steady.setdefault(f"{name}: a picture, once running", []).append(
                    (moments[-2] - moments[9]) / (len(moments) - 11) * 1e3
                )
                shutil.rmtree(out)
    table: list[Row] = []
    for samples, unit in ((whole, "s"), (steady, "ms")):
        for kind in ("one thread", "as they come"):
            some = {name: times for name, times in samples.items() if kind in name}
            table += rows(some, unit=unit, to=min(some))
    return table


def _moments(arguments: Sequence[str]) -> list[float]:
    """Run the command with --json; seconds until each picture was done, and until it ended."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [_command(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        moments = [time.perf_counter() - begin for _ in process.stdout]
    moments.append(time.perf_counter() - begin)
    assert process.returncode == 0
    return moments


def start(repeats: int, method: str) -> list[Row]:
    """From the shell to the result: the version, and one small picture."""
    with tempfile.TemporaryDirectory() as place:
        small = Path(place, "small.jpg")
        luma = gray(photograph(480, 640))[..., None]
        small.write_bytes(simplejpeg.encode_jpeg(luma, quality=90, colorspace="GRAY"))
        one = ["colorize", str(small), "-o", place, "--overwrite", "--method", method]
        samples = side_by_side(
            {
                'python -c "import onnxruntime"': lambda: _run([sys.executable, "-c", "import onnxruntime"]),
                'python -c "pass"': lambda: _run([sys.executable, "-c", "pass"]),
                "rechroma --version": lambda: _run([_command(), "--version"]),
                "rechroma colorize small.jpg (640 x 480)": lambda: _run([_command(), *one]),
            },
            repeats=repeats,
        )
    return rows(samples, unit="ms", to='python -c "import onnxruntime"', scale=1e3)


def _command() -> str:
    return str(Path(sys.executable).with_name("rechroma"))


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)


SECTIONS: dict[str, Callable[[int, str], list[Row]]] = {
    "photo": photo,
    "memory": memory,
    "network": network,
    "used": used,
    "folder": folder,
    "start": start,
}


def main(given: Sequence[str]) -> None:
    """Measure the sections that are asked for, print their tables and keep them."""
    parser = command("speed", __doc__)
    parser.add_argument(
        "sections", nargs="*", choices=[*SECTIONS, []], default=[], help="all if none is given"
    )
    parser.add_argument("--repeats", type=int, default=15, help="rounds of each measurement")
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    arguments = parser.parse_args(given)
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # in the processes started from here too
    for section in arguments.sections or SECTIONS:
        facts = machine()
        table = SECTIONS[section](arguments.repeats, arguments.method)
        drawn = markdown(table)
        keep(f"speed_{section}", [asdict(row) for row in table], arguments.out, facts=facts, drawn=drawn)
