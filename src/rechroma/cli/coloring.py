"""Commands that color: pictures, and the samples of the demonstration."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rechroma.cli.options import (
    Device,
    Format,
    Hint,
    HintFiles,
    Json,
    LosslessLuma,
    MaxMegapixels,
    Method,
    Out,
    Overwrite,
    Proposals,
    Provenance,
    Quality,
    Reach,
    ReferenceLibrary,
    References,
    Refine,
    Saturation,
    Temperature,
    Threads,
    Uncertainty,
    Vividness,
    Warmth,
    Workers,
)
from rechroma.cli.terminal import finish, run, say
from rechroma.errors import OptionError

if TYPE_CHECKING:
    from rechroma.types import ColorizeOptions

COLORIZE_HELP = """\
Color pictures: portrait.jpg becomes portrait.color.jpg beside it, or under OUT.

Results that exist are skipped, so that an interrupted run goes on where it stopped.

\b
Examples:
  rechroma colorize portrait.jpg
  rechroma colorize scans/ -o colored/ --recursive --workers 2
  rechroma colorize "box 3/*.tif" --vividness 0.3 --sheet look.html
  rechroma colorize portrait.jpg --hint 0.31,0.42,#a33b2e --hint 0.5,0.8,gray
  rechroma colorize portrait.jpg --hints portrait.hints.json --reference aunt.jpg
  curl -s https://example.org/old.jpg | rechroma colorize - > new.jpg
"""


def colorize(  # noqa: PLR0917 - the command's options
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or - for stdin.", metavar="INPUT...")
    ],
    out: Out = None,
    method: Method = "hintnet",
    vividness: Vividness = None,
    temperature: Temperature = None,
    saturation: Saturation = 1.0,
    warmth: Warmth = 0.0,
    hint: Hint = [],  # noqa: B006 - typer wants a list
    hints: HintFiles = [],  # noqa: B006 - typer wants a list
    reach: Reach = 1.0,
    references: References = [],  # noqa: B006 - typer wants a list
    reference_library: ReferenceLibrary = None,
    refine: Refine = "none",
    proposals: Proposals = 1,
    uncertainty: Uncertainty = False,
    format: Format = "same",  # noqa: A002
    quality: Quality = 92,
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Search folders in folders too.")
    ] = False,
    overwrite: Overwrite = False,
    workers: Workers = 0,
    provenance: Provenance = True,
    lossless_luma: LosslessLuma = True,
    max_megapixels: MaxMegapixels = 400.0,
    device: Device = "auto",
    threads: Threads = 0,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Write a contact sheet, before and after, to this file.", metavar="FILE.html"),
    ] = None,
    json: Json = False,
) -> None:
    """Color pictures."""
    from rechroma import hints as marks
    from rechroma.types import ColorizeOptions, Marks

    options = ColorizeOptions(
        method=method,
        vividness=vividness,
        temperature=temperature,
        saturation=saturation,
        warmth=warmth,
        hints=marks.merge(
            *(marks.read(path) for path in hints),
            Marks(points=tuple(marks.parse_point(each) for each in hint)),
        ),
        reach=reach,
        references=tuple(references),
        reference_library=reference_library,
        refine=refine,
        format=format,
        quality=quality,
        provenance=provenance,
        lossless_luma=lossless_luma,
        max_megapixels=max_megapixels,
        device=device,
        threads=threads,
    )
    if "-" in inputs or out == Path("-"):
        plain = not (json or sheet or proposals > 1 or uncertainty)
        _through_pipe(inputs, out, options, overwrite=overwrite, plain=plain)
        return
    from rechroma import batch

    found = batch.find(inputs, recursive=recursive, out=out)
    if options.hints and len(found) > 1:
        raise OptionError(
            f"hints are places of one picture, and {len(found)} pictures were given; color that one alone"
        )
    plan = batch.plan(found, out=out, to_file=batch.names_a_file(out, found), format=format)
    jobs = tuple(replace(job, proposals=proposals, uncertainty=uncertainty) for job in plan.jobs)
    plan = replace(plan, jobs=jobs)
    outcomes = run(plan, options, workers=workers, overwrite=overwrite, json=json)
    finish(outcomes, sheet)


def demo(
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the pictures and the contact sheet.")
    ] = Path("demo"),
    method: Method = "hintnet",
    vividness: Vividness = None,
) -> None:
    """Color sample photographs, and leave before, after and a contact sheet to open: OUT/index.html.

    The photographs come from scikit-image (pip install 'rechroma[demo]'); no network is used.
    """
    from rechroma import batch
    from rechroma.demo import write_samples
    from rechroma.types import ColorizeOptions

    samples = write_samples(out / "before")
    plan = batch.plan([batch.Found(path) for path in samples], out=out / "after")
    options = ColorizeOptions(method=method, vividness=vividness)
    outcomes = run(plan, options, workers=1, overwrite=True, json=False)
    finish(outcomes, out / "index.html")


def _through_pipe(
    inputs: Sequence[str], out: Path | None, options: "ColorizeOptions", *, overwrite: bool, plain: bool
) -> None:
    """Color one picture that comes from stdin or goes to stdout."""
    from rechroma import pipeline
    from rechroma.notes import collected

    if len(inputs) != 1 or not plain:
        raise OptionError(
            "- stands for one picture from stdin or to stdout: give one input, no --json, --sheet, --proposals "
            "and --uncertainty"
        )
    to_stdout = out is None or out == Path("-")
    if to_stdout and sys.stdout.isatty():
        raise OptionError(
            "stdout is a terminal; send the picture on (rechroma colorize - > new.jpg) or give -o FILE"
        )
    source = sys.stdin.buffer.read() if inputs[0] == "-" else Path(inputs[0])
    with collected() as notes:
        if to_stdout:
            sys.stdout.buffer.write(pipeline.colorize_to_bytes(source, options))
            sys.stdout.buffer.flush()
        elif out is not None:
            pipeline.colorize_file(source, out, options, overwrite=overwrite)
    for words in notes:
        say(f"rechroma: {words}")
