"""What a folder of very many pictures takes before the first is colored: finding them and planning their results.

    python -m benchmarks names

The folder's listing is made up, for a disk takes long to make a million files; what a disk takes to list them is not
in it. Each count has a process of its own; its peak is counted from that of a folder of ten, and seconds are those of
finding, planning and going through the jobs once.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import command, keep, machine, peak_memory

COUNTS = (10_000, 100_000, 1_000_000)
FEW = 10
CODE = """
import os, sys, time
from contextlib import nullcontext
from pathlib import Path
from rechroma import batch

class Entry:
    def __init__(self, name): self.name = name
    def is_dir(self): return False
    def is_file(self): return True

count = int(sys.argv[2])
os.scandir = lambda folder: nullcontext(Entry(f"scan {n:08d}.jpg") for n in range(count))
start = time.perf_counter()
found = batch.find([sys.argv[1]])
plan = batch.plan(found.pictures, out=Path(sys.argv[1], "out"))
assert sum(1 for _ in plan.jobs) == len(found.pictures) == count
Path(sys.argv[1], "seconds").write_text(str(time.perf_counter() - start))
"""


def main(given: Sequence[str]) -> None:
    """Measure every count and keep the table."""
    arguments = command("names", __doc__).parse_args(given)
    facts = machine()
    few, _ = measured(FEW)
    table = []
    for count in COUNTS:
        peak, seconds = measured(count)
        table.append(
            {
                "pictures": count,
                "more MB": round(peak - few, 1),
                "bytes a picture": round(1e6 * (peak - few) / count),
                "seconds": round(seconds, 1),
            }
        )
    keep("names", table, arguments.out, facts=facts)


def measured(count: int) -> tuple[float, float]:
    """Return the peak in MB (10^6 bytes) and the seconds for a folder of so many pictures."""
    with TemporaryDirectory() as folder:
        peak = peak_memory(CODE, folder, str(count))
        return peak, float(Path(folder, "seconds").read_text(encoding="ascii"))
