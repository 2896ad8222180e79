"""Time callables side by side, measure a fresh process, describe the machine, and keep tables of results."""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rechroma import settings
from rechroma.types import Colorizer
from rechroma_train import tables
from rechroma_train.tables import Table

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "rechroma",
    "numpy",
    "onnxruntime",
    "pillow",
    "simplejpeg",
    "torch",
    "opencv-python-headless",
    "scikit-image",
    "scipy",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a result table."""

    case: str
    """What was measured."""
    value: float
    """Median of the repeats."""
    unit: str
    """ms, s, MB."""
    lowest: float
    """Smallest of the repeats."""
    repeats: int
    """How often it was measured."""
    ratio: float
    """Value over the value of `to`."""
    to: str
    """The case that the ratio compares with; empty for none."""


def side_by_side(
    cases: Mapping[str, Callable[[], object]], *, repeats: int, warm_up: int = 1
) -> dict[str, list[float]]:
    """Run the cases in turn, `repeats` rounds, so that a disturbance hits all of them alike; in seconds."""
    for call in cases.values():
        for _ in range(warm_up):
            call()
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(repeats):
        for name, call in cases.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def rows(samples: Mapping[str, Sequence[float]], *, unit: str, to: str = "", scale: float = 1.0) -> list[Row]:
    """Samples of each case to rows, each with its ratio to the case `to`."""
    base = statistics.median(samples[to]) if to else 0.0
    return [
        Row(
            case=case,
            value=round(statistics.median(values) * scale, 2),
            unit=unit,
            lowest=round(min(values) * scale, 2),
            repeats=len(values),
            ratio=round(statistics.median(values) / base, 3) if base else 0.0,
            to=to,
        )
        for case, values in samples.items()
    ]


def peak_memory(code: str, *arguments: str) -> float:
    """Run Python code in a fresh process and return its peak resident memory in MB (10^6 bytes).

    Linux counts it from the start of the program (VmHWM). ru_maxrss there includes the parent's memory at the
    fork, and is used only where there is nothing better.
    """
    ending = (
        "\nimport pathlib, resource, sys\n"
        "status = pathlib.Path('/proc/self/status')\n"
        "if status.exists():\n"
        "    line = next(l for l in status.read_text().splitlines() if l.startswith('VmHWM'))\n"
        "    peak = int(line.split()[1]) * 1024\n"
        "else:\n"
        "    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    peak *= 1 if sys.platform == 'darwin' else 1024\n"
        "print(peak)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + ending, *arguments], check=True, capture_output=True, text=True
    )
    return int(done.stdout.split()[-1]) / 1e6


def machine() -> dict[str, object]:
    """Return processor, cores, system and versions; nothing that names a person or a folder."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "cpu": _cpu(),
        "cores": settings.cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_at_start": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }


def known(colorizer: Colorizer, pictures: int, seed: int) -> dict[str, object]:
    """Return what figures of colors depend on: the weights, how many photographs, and the seed that drew them."""
    info = colorizer.info
    return {"weights": {info.name: info.sha256}, "pictures": pictures, "seed": seed}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def command(name: str, about: str | None) -> argparse.ArgumentParser:
    """Begin the options of a measurement: all of them keep their tables in a folder."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the tables")
    return parser


def keep(
    name: str, table: Table, folder: Path, *, facts: Mapping[str, object], drawn: str | None = None
) -> None:
    """Write a table with the machine it was measured on, and print it; see rechroma_train.tables.keep."""
    print(tables.keep(name, table, folder, facts=facts, drawn=drawn), end="\n\n")


def markdown(table: Sequence[Row]) -> str:
    """Draw rows as a Markdown table."""
    lines = ["| | median | lowest | ratio | repeats |", "|---|--:|--:|--:|--:|"]
    for row in table:
        ratio = f"{row.ratio:.2f}" if row.to else ""
        lines.append(
            f"| {row.case} | {row.value:g} {row.unit} | {row.lowest:g} {row.unit} | {ratio} | {row.repeats} |"
        )
    bases = dict.fromkeys(row.to for row in table if row.to)
    if len(bases) == 1:
        lines += ["", f"Ratio: to “{next(iter(bases))}”."]
    elif bases:
        lines += ["", "Ratio: to the row above it that has 1.00."]
    return "\n".join(lines) + "\n"
