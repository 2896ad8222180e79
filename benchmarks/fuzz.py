"""Damaged picture files, colored from bytes to bytes: each comes out in color or is refused in our own words.

    python -m benchmarks fuzz [--inputs 10000] [--first 0] [--jobs 2]

Counted: what was colored, what was refused and by which error; and what must not be: other exceptions, inputs that
take longer than ten seconds or end the process, files left half-written, results that cannot be opened. The most
memory that a worker ever held is compared with the bound. Every tenth input goes by a file in place of bytes.
"""

import io
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from benchmarks import damage
from benchmarks.measure import command, keep, machine
from rechroma_train import tables
from rechroma_train.tables import Table

PATIENCE = 10.0
"""Seconds that one input may take."""
MEGAPIXELS = 16.0
"""Limit of the runs: what claims to be larger is refused by its header."""
BOUND = 700.0
"""MB (10^6 bytes) that a worker may hold with this limit, the program and the network included."""
_FILES = 10
_START = 120.0
"""Seconds that a worker may take until it is ready."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one input."""

    number: int
    seed: str
    verdict: str
    """colored, the name of one of our errors, or what is wrong, with an exclamation mark."""
    seconds: float = 0.0
    memory: float = 0.0
    """MB that the worker has held at most so far."""

    @property
    def wrong(self) -> bool:
        """Whether it must not be."""
        return self.verdict.startswith("!")


Attempt: TypeAlias = Callable[[int, str], Outcome]


def attempt(number: int, method: str = "hintnet") -> Outcome:
    """Color one damaged input in this process."""
    from rechroma import ColorizeOptions, colorize, notes
    from rechroma.errors import InputError, MissingExtra

    seed, data = damage.make(number)
    options = ColorizeOptions(method=method, max_megapixels=MEGAPIXELS, threads=1)
    start = time.perf_counter()
    try:
        with notes.collected():
            result = _by_file(data, number, method) if number % _FILES == 0 else colorize(data, options)
        verdict = _verdict(result)
    except (InputError, MissingExtra) as error:
        verdict = type(error).__name__
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        verdict = f"! {type(error).__name__}: {error}"
    return Outcome(number, seed, verdict, time.perf_counter() - start)


def _by_file(data: bytes, number: int, method: str) -> bytes:
    """Color by way of a folder; whatever happens, nothing may stay there but the input and a whole result."""
    from rechroma import ColorizeOptions, colorize
    from rechroma.errors import RechromaError

    options = ColorizeOptions(method=method, max_megapixels=MEGAPIXELS, threads=1)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, f"{number}.bin")
        source.write_bytes(data)
        target: Path | None = None
        try:
            target = colorize(source, options)
        except RechromaError:
            _only(folder, source)
            raise
        _only(folder, source, target)
        return target.read_bytes()


def _only(folder: str, *expected: Path) -> None:
    if left := set(Path(folder).iterdir()) - set(expected):
        raise AssertionError(f"left behind: {sorted(path.name for path in left)}")


def _verdict(result: bytes) -> str:
    from PIL import Image

    import rechroma.image

    picture = rechroma.image.read(result)
    rechroma.image.small_lightness(picture, (8, 8))
    if not result.startswith((b"II", b"MM")):
        with Image.open(io.BytesIO(result)) as opened:
            opened.load()
    return "colored"


def _peak() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def _work(pipe: Connection, method: str, attempt: Attempt) -> None:
    """Answer numbers with outcomes until there are no more."""
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
    pipe.send(None)
    while (number := pipe.recv()) is not None:
        outcome = attempt(number, method)
        pipe.send(Outcome(number, outcome.seed, outcome.verdict, outcome.seconds, _peak()))


def outcomes(
    numbers: Sequence[int], *, method: str = "hintnet", attempt: Attempt = attempt, patience: float = PATIENCE
) -> Iterator[Outcome]:
    """Color damaged inputs in a process that is watched, and replaced where an input hangs or ends it."""
    context = get_context("spawn")
    waiting = list(reversed(numbers))
    while waiting:
        ours, theirs = context.Pipe()
        worker = context.Process(target=_work, args=(theirs, method, attempt), daemon=True)
        worker.start()
        theirs.close()
        if not ours.poll(_START) or ours.recv() is not None:
            raise RuntimeError(f"the worker did not start within {_START:g} s")
        while waiting:
            number = waiting.pop()
            ours.send(number)
            if not ours.poll(patience):
                yield Outcome(number, damage.make(number)[0], f"! still at it after {PATIENCE:g} s", PATIENCE)
                break
            try:
                yield ours.recv()
            except EOFError:
                worker.join()
                yield Outcome(
                    number, damage.make(number)[0], f"! the process ended: exit code {worker.exitcode}"
                )
                break
        else:
            ours.send(None)
        worker.kill()
        worker.join()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print what is wrong at once and the table at the end; exit code 1 where anything was wrong."""
    parser = command("fuzz", __doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="damaged inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--method", default="hintnet", help="method that colors")
    given = parser.parse_args(arguments)
    numbers = range(given.first, given.first + given.inputs)
    found: list[Outcome] = []

    def part(job: int) -> None:
        for outcome in outcomes(numbers[job :: given.jobs], method=given.method):
            found.append(outcome)
            if outcome.wrong:
                print(f"input {outcome.number} ({outcome.seed}): {outcome.verdict}", flush=True)

    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(part, range(given.jobs)))
    facts = {
        "inputs": [given.first, given.first + given.inputs],
        "method": given.method,
        "slowest_s": round(max(o.seconds for o in found), 2),
        "patience_s": PATIENCE,
        "most_memory_mb": round(max(o.memory for o in found)),
        "bound_mb": BOUND,
    }
    told = (
        f"Slowest input {facts['slowest_s']} s (limit {PATIENCE:g}); most memory {facts['most_memory_mb']} MB"
        f" (bound {BOUND:g}, pictures up to {MEGAPIXELS:g} megapixels)."
    )
    rows = table(found)
    keep("fuzz", rows, given.out, facts=facts | machine(), drawn=f"{tables.to_markdown(rows)}\n{told}\n")
    if any(outcome.wrong for outcome in found) or max(o.memory for o in found) > BOUND:
        sys.exit(1)


def table(found: Sequence[Outcome]) -> Table:
    """A row for each container, and the sums."""
    counts: dict[str, Counter[str]] = {}
    for outcome in found:
        kind = (
            "anything else"
            if outcome.wrong
            else "colored"
            if outcome.verdict == "colored"
            else "refused by name"
        )
        for name in (outcome.seed.partition(" ")[0], "all"):
            counts.setdefault(name, Counter())[kind] += 1
    kinds = ("colored", "refused by name", "anything else")
    return [
        {"container": name, "inputs": counts[name].total(), **{kind: counts[name][kind] for kind in kinds}}
        for name in sorted(counts, key=lambda name: (name == "all", name))
    ]
