"""Pictures per second in training: the loader alone, the network alone, and both as `train` runs them.

    python benchmarks/training.py [--device cuda] [--threads 1] [--out benchmarks/results/training.csv]

The pictures are made here; the corpus of a real run differs in nothing that matters for speed.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from rechroma_train import bins
from rechroma_train.config import PackOptions, TrainOptions
from rechroma_train.data import Corpus, pack
from rechroma_train.losses import ClassificationLoss
from rechroma_train.nets.hintnet import HintNet
from rechroma_train.stream import BatchStream, make_batch
from rechroma_train.tasks import HintNetTask

SIZES = (96, 128, 160)
STEPS = 12


def main() -> None:
    """Measure and write the table."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        corpora = [_corpus(Path(folder)).to(device)]
        for size in SIZES:
            options = TrainOptions(
                corpora=[], out=Path(folder), sizes=[size], size_ends=[], batch=arguments.batch
            )
            step = _stepper(options, device)
            batch = make_batch(corpora, options, 0)
            stream = iter(BatchStream(corpora, options, 0, 10**6))
            figures = {
                "loader alone": _rate(lambda s=stream: next(s), arguments.batch, device),
                "network alone": _rate(lambda f=step, b=batch: f(b), arguments.batch, device),
                "one after the other": _rate(lambda f=step, s=stream: f(next(s)), arguments.batch, device),
            }
            for what, rate in figures.items():
                rows.append({"size": size, "what": what, "pictures_per_second": round(rate, 1)})
                print(f"{size:4} px  {what:20} {rate:8.1f} pictures/s")
    with arguments.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["size", "what", "pictures_per_second"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    arguments.out.with_suffix(".md").write_text(_table(rows))


def _table(rows: list[dict[str, object]]) -> str:
    lines = ["| pictures per second | " + " | ".join(f"{size} px" for size in SIZES) + " |"]
    lines.append("|---|" + "--:|" * len(SIZES))
    for what in dict.fromkeys(row["what"] for row in rows):
        figures = [str(row["pictures_per_second"]) for row in rows if row["what"] == what]
        lines.append(f"| {what} | " + " | ".join(figures) + " |")
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="torch threads")
    parser.add_argument("--batch", type=int, default=32, help="pictures a step")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "training.csv")
    return parser.parse_args()


def _corpus(folder: Path) -> Corpus:
    rng = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    for i in range(64):
        small = Image.fromarray(rng.integers(0, 255, (15, 20, 3), np.uint8))
        small.resize((213, 160), Image.Resampling.BICUBIC).save(folder / "pictures" / f"{i}.png")
    pack(PackOptions(sources=[folder / "pictures"], out=folder / "packed", jobs=1))
    return Corpus.open(folder / "packed")


def _stepper(options: TrainOptions, device: torch.device) -> Callable[[object], None]:
    net = HintNet().to(device, memory_format=torch.channels_last)
    loss = ClassificationLoss(torch.ones(bins.COUNT), regression=options.regression)
    task = HintNetTask(net, loss, options).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), options.learning_rate)

    def step(batch: object) -> None:
        with torch.autocast(device.type, torch.bfloat16):
            result = task.training_step(batch, 0)
        result["loss"].backward()
        optimizer.step()
        optimizer.zero_grad()

    return step


def _rate(action: Callable[[], object], batch: int, device: torch.device) -> float:
    """Pictures per second: the median of the steps after two to warm up."""
    seconds = []
    for _ in range(STEPS + 2):
        start = time.perf_counter()
        action()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return batch / float(np.median(seconds[2:]))


if __name__ == "__main__":
    main()
