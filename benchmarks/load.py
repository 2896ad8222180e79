"""A crowd at the server: is anything lost, is memory bounded, and what does a client see when the queue is full?

    python -m benchmarks load [--clients 50] [--pictures 500]

Starts `rechroma serve` on 127.0.0.1 and talks to nothing else. Ends by itself after the pictures, or at the time limit.
"""

import asyncio
import io
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
from PIL import Image

import rechroma
from benchmarks.measure import Row, command, keep, machine
from benchmarks.photographs import gray, photograph

SIZE = (612, 816)
"""Half a megapixel."""
DISTINCT = 10
"""Different pictures; each is asked for many times, and every answer is held against what the library gives."""
SECONDS = 400.0
"""Time limit of one run."""
SAMPLE = 0.25
"""Seconds between two looks at the memory."""


@dataclass(slots=True)
class Seen:
    """What the clients saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: int = 0
    """Answers with 200 that are not what the library gives."""
    done: int = 0
    seconds: list[float] = field(default_factory=list)
    """From sending to the picture, tries together."""
    refused: list[float] = field(default_factory=list)
    """From sending to a 503."""
    advice: set[str] = field(default_factory=set)
    """Retry-After of the refusals."""
    broken: list[str] = field(default_factory=list)
    """Requests without an answer, each tried again."""
    memory: list[float] = field(default_factory=list)
    """Resident memory of the server in MB, sample by sample."""


def pictures() -> list[bytes]:
    """Make the gray JPEGs that the clients send."""
    files = []
    for seed in range(DISTINCT):
        file = io.BytesIO()
        Image.fromarray(gray(photograph(*SIZE, seed=seed))).save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


@contextmanager
def server(*options: str) -> Iterator[tuple[str, int]]:
    """Run `rechroma serve`; gives its address and process id."""
    command = [sys.executable, "-m", "rechroma", "serve", "--port", "0", "--no-ui", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline().split()[0], process.pid
        finally:
            process.terminate()
            _, said = process.communicate()
            if said:
                print(said, file=sys.stderr)


def resident(pid: int) -> float:
    """Read a process's resident memory in MB; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024 / 1e6


async def crowd(address: str, pid: int, clients: int, wanted: Sequence[tuple[bytes, bytes]]) -> Seen:
    """Have `clients` clients color what is wanted, (picture, result) each, until all of it is there."""
    seen = Seen()
    left = list(wanted)
    watching = asyncio.create_task(_watch(pid, seen))
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=SECONDS) as client:
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(*(_client(client, left, seen) for _ in range(clients)))
    watching.cancel()
    return seen


async def _client(client: httpx.AsyncClient, left: list[tuple[bytes, bytes]], seen: Seen) -> None:
    while left:
        picture, result = left.pop()
        start = time.perf_counter()
        while True:
            sent = time.perf_counter()
            try:
                answer = await client.post("/api/colorize", files={"picture": ("a.jpg", picture)})
            except httpx.TransportError as error:
                seen.broken.append(f"{type(error).__name__} after {time.perf_counter() - sent:.2f} s")
                await asyncio.sleep(1)
                continue
            seen.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                seen.done += 1
                seen.wrong += answer.content != result
                seen.seconds.append(time.perf_counter() - start)
                break
            seen.refused.append(time.perf_counter() - sent)
            seen.advice.add(answer.headers["retry-after"])
            await asyncio.sleep(float(answer.headers["retry-after"]))


async def _watch(pid: int, seen: Seen) -> None:
    while True:
        seen.memory.append(resident(pid))
        await asyncio.sleep(SAMPLE)


def table(name: str, seen: Seen, seconds: float) -> list[Row]:
    """Put what was seen into rows."""
    quarters = [seen.memory[n * len(seen.memory) // 4 :][: max(1, len(seen.memory) // 4)] for n in range(4)]
    facts: list[tuple[str, float, str]] = [
        ("pictures colored", seen.done, "pictures"),
        ("answers that differ from the library's", seen.wrong, "pictures"),
        ("refusals, 503 with Retry-After", seen.statuses[503], "answers"),
        ("other statuses", sum(seen.statuses.values()) - seen.statuses[200] - seen.statuses[503], "answers"),
        ("requests without an answer", len(seen.broken), "requests"),
        ("pictures a second", seen.done / seconds, "1/s"),
        ("wait for a picture, median", statistics.median(seen.seconds), "s"),
        ("wait for a picture, longest", max(seen.seconds), "s"),
        *(
            (f"memory, quarter {number} of the run, median", statistics.median(quarter), "MB")
            for number, quarter in enumerate(quarters, 1)
        ),
        ("memory, highest", max(seen.memory), "MB"),
    ]
    if seen.refused:
        facts.append(("wait for a refusal, median", statistics.median(seen.refused), "s"))
        facts.append(("Retry-After", float(max(seen.advice)), "s"))
    return [_row(f"{name}: {case}", value, unit) for case, value, unit in facts]


def _row(case: str, value: float, unit: str) -> Row:
    return Row(
        case=case, value=round(value, 2), unit=unit, lowest=round(value, 2), repeats=1, ratio=0.0, to=""
    )


def compared(found: Sequence[Row]) -> str:
    """Draw rows as a Markdown table with a column for each crowd."""
    crowds = list(dict.fromkeys(row.case.partition(": ")[0] for row in found))
    facts = list(dict.fromkeys(row.case.partition(": ")[2] for row in found))
    cells = {row.case: f"{row.value:g} {row.unit}" for row in found}
    lines = [f"| | {' | '.join(crowds)} |", f"|---|{'--:|' * len(crowds)}"]
    lines += [
        f"| {fact} | {' | '.join(cells.get(f'{name}: {fact}', '') for name in crowds)} |" for fact in facts
    ]
    return "\n".join(lines) + "\n"


def main(given: Sequence[str]) -> None:
    """Run a crowd that fits into the queue, then one that does not, and keep what was seen."""
    parser = command("load", __doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--pictures", type=int, default=500)
    arguments = parser.parse_args(given)
    facts = machine()
    made = pictures()
    pairs = [(picture, rechroma.colorize(picture)) for picture in made]
    wanted = [pairs[n % DISTINCT] for n in range(arguments.pictures)]
    found: list[Row] = []
    for name, queue, some in (
        (f"{arguments.clients} clients, queue of 64", "64", wanted),
        (f"{arguments.clients} clients, queue of 8", "8", wanted[: arguments.pictures // 2]),
    ):
        with server("--queue", queue) as (address, pid):
            start = time.perf_counter()
            seen = asyncio.run(crowd(address, pid, arguments.clients, some))
            print(*seen.broken, sep="\n", file=sys.stderr)
            found += table(name, seen, time.perf_counter() - start)
            if seen.done != len(some) or seen.wrong:
                raise SystemExit(f"{name}: {len(some) - seen.done} pictures lost, {seen.wrong} wrong")
    keep("speed_load", [asdict(row) for row in found], arguments.out, facts=facts, drawn=compared(found))
