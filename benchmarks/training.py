"""Pictures per second in training: the loader alone, the network alone, and both as `train` runs them.

    python -m benchmarks training [--device cuda] [--compile] [--batch 128 256 512] [--threads 1]

The pictures are made here; the corpus of a real run differs in nothing that matters for speed. On cuda the steps are
timed by events, and a second line says how long the host took to hand a step over: where that is the longer of the
two, the accelerator waits for the host.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.measure import command, keep, machine
from rechroma_train import bins, nets, tasks
from rechroma_train.averaging import Averager
from rechroma_train.config import DataOptions, PackOptions, RunOptions, TrainOptions
from rechroma_train.data import Corpus, pack
from rechroma_train.schedule import Schedule
from rechroma_train.stream import Batch, BatchStream, make_batch

SIZES = (96, 128, 160)
STEPS = 12


def main(given: Sequence[str]) -> None:
    """Measure and write the table."""
    arguments = _arguments(given)
    facts = machine()
    torch.set_num_threads(arguments.threads)
    torch.backends.cudnn.benchmark = True
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        corpora = [_corpus(Path(folder)).to(torch.device(arguments.device))]
        for batch in arguments.batch:
            for size in arguments.sizes:
                options = TrainOptions(
                    run=RunOptions(
                        out=Path(folder),
                        pictures=10**9,
                        device=arguments.device,
                        compile=arguments.compile,
                    ),
                    data=DataOptions(corpora=[], sizes=[size], size_ends=[], batch=batch),
                )
                for what, rate in measure(corpora, options, steps=arguments.steps).items():
                    row = {"batch": batch, "size": size, "what": what, "pictures_per_second": round(rate, 1)}
                    rows.append(row)
                    print(f"batch {batch:4}  {size:4} px  {what:20} {rate:8.1f} pictures/s", flush=True)
    keep("training", rows, arguments.out, facts=facts, drawn=table(rows))


def measure(corpora: list[Corpus], options: TrainOptions, *, steps: int = STEPS) -> dict[str, float]:
    """Pictures per second of the parts of one size: loader alone, network alone, and both.

    Args:
        corpora: on the device that is measured.
        options: of a run with one size; its device, batch and `compile` count.
        steps: that are timed, after three to warm up.
    """
    device = torch.device(options.run.device)
    step = _stepper(options, device)
    batch = make_batch(corpora, options, 0)
    stream = iter(BatchStream(corpora, Schedule(options), 0))
    found: dict[str, float] = {}
    parts: dict[str, Callable[[], object]] = {
        "loader alone": lambda: next(stream),
        "network alone": lambda: step(batch),
        "one after the other": lambda: step(next(stream)),
    }
    for what, action in parts.items():
        seconds, host = _seconds(action, device, steps)
        found[what] = options.data.batch / seconds
        if device.type == "cuda":
            found[f"{what}, host"] = options.data.batch / host
    return found


def table(rows: list[dict[str, object]]) -> str:
    """Markdown: one line for a batch and a part, one column for a size."""
    sizes = list(dict.fromkeys(row["size"] for row in rows))
    lines = ["| batch | pictures per second | " + " | ".join(f"{size} px" for size in sizes) + " |"]
    lines.append("|--:|---|" + "--:|" * len(sizes))
    for batch, what in dict.fromkeys((row["batch"], row["what"]) for row in rows):
        figures = [
            str(row["pictures_per_second"]) for row in rows if (row["batch"], row["what"]) == (batch, what)
        ]
        lines.append(f"| {batch} | {what} | " + " | ".join(figures) + " |")
    return "\n".join(lines) + "\n"


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = command("training", __doc__)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument(
        "--batch", type=int, nargs="+", default=[32], help="pictures a step; several are swept"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="sides of the windows")
    parser.add_argument("--steps", type=int, default=STEPS, help="steps that are timed")
    parser.add_argument("--compile", action="store_true", help="compile the net as `train --compile` does")
    return parser.parse_args(given)


def _corpus(folder: Path) -> Corpus:
    rng = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    for i in range(64):
        small = Image.fromarray(rng.integers(0, 255, (15, 20, 3), np.uint8))
        small.resize((213, 160), Image.Resampling.BICUBIC).save(folder / "pictures" / f"{i}.png")
    pack(PackOptions(sources=[folder / "pictures"], out=folder / "packed", jobs=1))
    return Corpus.open(folder / "packed")


def _stepper(options: TrainOptions, device: torch.device) -> Callable[[Batch], None]:
    """One step as `train` makes it, without Lightning's own work."""
    net = nets.build(options.net, outputs=tasks.outputs(options.task)).to(device)
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    task = tasks.build(net, Schedule(options), torch.ones(bins.COUNT)).to(device)
    configured = task.configure_optimizers()
    assert isinstance(configured, dict)
    optimizer = configured["optimizer"]
    averager = Averager(net, decay=options.optimizer.ema)

    def step(batch: Batch) -> None:
        with torch.autocast(device.type, torch.bfloat16):
            result = task.training_step(batch, 0)
        assert isinstance(result, dict)
        result["loss"].backward()
        task.configure_gradient_clipping(optimizer)
        optimizer.step()
        optimizer.zero_grad()
        averager.update()

    return step


def _seconds(action: Callable[[], object], device: torch.device, steps: int) -> tuple[float, float]:
    """Median seconds of a step, and mean seconds of the host alone; on cuda the device never idles in between."""
    for _ in range(3):
        action()
    if device.type != "cuda":
        seconds = []
        for _ in range(steps):
            start = time.perf_counter()
            action()
            seconds.append(time.perf_counter() - start)
        return float(np.median(seconds)), float(np.mean(seconds))
    torch.cuda.synchronize()
    marks = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
    marks[0].record()
    start = time.perf_counter()
    for mark in marks[1:]:
        action()
        mark.record()
    host = (time.perf_counter() - start) / steps
    torch.cuda.synchronize()
    milliseconds = [one.elapsed_time(other) for one, other in zip(marks, marks[1:], strict=False)]
    return float(np.median(milliseconds)) / 1000, host
