"""One way to run what measures: python -m benchmarks NAME [options]; without a name it lists them."""

import argparse
import importlib
import sys
from collections.abc import Sequence

NAMES = {
    "speed": "a 12-megapixel photograph, its memory, the network alone, a folder of 200, cold start",
    "fuzz": "damaged files, colored from bytes to bytes: colored, refused by name, anything else",
    "survey": "folders of other people's pictures: what is colored, what is refused and why, what results lost",
    "load": "a crowd at `rechroma serve`: 50 clients, 500 pictures, memory over time, a queue that is full",
    "drafts": "what a picture of 48 megapixels that is open in the studio holds in memory",
    "names": "a folder of a million pictures: memory and time until the first is colored",
    "training": "pictures per second in training: loader alone, network alone, both",
    "capacity": "what more in the net costs: parameters, megabytes, time to color and to learn",
    "colors": "time and memory of the color mathematics; small colors brought up to full size",
    "lightness": "how far the lightness moves on each way from gray to color",
    "refinement": "what each refinement does to photographs: PSNR, colorfulness, bleeding, time",
    "references": "PSNR with and without references that belong to the picture, similar and unrelated ones",
    "strokes": "few hints: strokes spread by equations, and strokes told to a network",
    "carrying": "colors carried through 30 frames of a still and of a pan: what fades, what runs away",
    "shipping": "a graph and its 8-bit twin: quality, speed, size",
    "quality": "keep what `python -m rechroma_train evaluate` measured; all versions in one table",
}
"""Module of this package: help. Each has a function `main` that takes the other arguments."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one measurement."""
    listing = "\n".join(f"  {name:13}{says}" for name, says in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure, print the tables and keep them in benchmarks/results.",
        epilog=f"names:\n{listing}\n\npython -m benchmarks NAME --help lists the options of one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=NAMES, metavar="NAME", help="what to measure")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…", help="its options")
    given = parser.parse_args(arguments)
    sys.argv[0] = f"python -m benchmarks {given.name}"
    importlib.import_module(f"benchmarks.{given.name}").main(given.rest)


if __name__ == "__main__":
    main()
