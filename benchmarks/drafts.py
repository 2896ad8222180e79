"""What an open draft holds: a photograph of 48 megapixels in several kinds of file, after all that the studio asks for.

    python -m benchmarks drafts

Each kind has a process of its own, which has worked on a small draft before: graph and tables are everybody's. Held is
the resident memory that the draft adds, with what the allocator keeps for itself.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measure import command, keep, machine
from benchmarks.photographs import gray, photograph
from rechroma.pipeline import Draft
from rechroma.types import ColorizeOptions, Marks, Stroke

SIZE = (6000, 8000)
SMALL = (150, 200)
STROKES = 12
KINDS: dict[str, Callable[[NDArray[np.uint8]], bytes]] = {
    "JPEG, gray": lambda rgb: _file(gray(rgb), "JPEG", quality=95),
    "JPEG, color": lambda rgb: _file(rgb, "JPEG", quality=95),
    "PNG, gray": lambda rgb: _file(gray(rgb), "PNG", compress_level=1),
    "PNG, color": lambda rgb: _file(rgb, "PNG", compress_level=1),
    "TIFF, gray, 16 bits": lambda rgb: _file(gray(rgb).astype(np.uint16) * 257, "TIFF"),
}


def main(given: Sequence[str]) -> None:
    """Measure every kind of file and keep the table."""
    parser = command("drafts", __doc__)
    parser.add_argument("--method", default="hintnet", help="weights by name, or an .onnx file")
    parser.add_argument(
        "--only", type=Path, help="measure one file, small.jpg beside it, and print the figures"
    )
    arguments = parser.parse_args(given)
    if arguments.only is not None:
        print(json.dumps(measured(arguments.only, arguments.method)))
        return
    facts = machine()
    table = [of_kind(kind, arguments.method) for kind in KINDS]
    keep("drafts", table, arguments.out, facts=facts)


def of_kind(kind: str, method: str) -> dict[str, str | float]:
    """Measure one kind of file in a fresh process."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "large")
        path.write_bytes(KINDS[kind](photograph(*SIZE)))
        path.with_name("small.jpg").write_bytes(KINDS["JPEG, gray"](photograph(*SMALL)))
        call = [sys.executable, "-m", "benchmarks", "drafts", "--method", method, "--only", str(path)]
        done = subprocess.run(call, check=True, capture_output=True, text=True)
        megabytes = path.stat().st_size / 1e6
    figures: dict[str, float] = json.loads(done.stdout)
    return {"kind": kind, "file MB": round(megabytes, 1), **figures}


def measured(path: Path, method: str) -> dict[str, float]:
    """Open a file, do all that the studio does with it, and return what it holds."""
    options = ColorizeOptions(method=method, threads=1)
    work_on(Draft(path.with_name("small.jpg")), options)
    before = resident()
    draft = Draft(path)
    work_on(draft, options)
    return {"counted MB": round(draft.kept_bytes / 1e6, 1), "held MB": round(resident() - before, 1)}


def work_on(draft: Draft, options: ColorizeOptions) -> None:
    """Look at a draft, draw on it, and ask for ideas."""
    draft.gray(2048)
    draft.preview(options, 2048)
    for number in range(STROKES):
        line = Stroke(places=((0.1, number / STROKES), (0.6, number / STROKES)), color="#2e8b57")
        draft.preview(replace(options, hints=Marks(strokes=(line,))), 1024)
    draft.look(0.5, 0.5, replace(options, vividness=0.3))
    draft.uncertainty_png(options)
    for proposal in draft.propose(3, options):
        draft.preview(replace(options, hints=proposal.hints), 256)


def resident() -> float:
    """Return the memory of this process in MB (10^6 bytes), of Linux."""
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) * 1024 / 1e6


def _file(pixels: NDArray[np.uint8] | NDArray[np.uint16], kind: str, **how: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()
