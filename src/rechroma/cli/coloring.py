"""Commands that color: pictures, and the samples of the demonstration."""

from pathlib import Path
from typing import Annotated

import typer

from rechroma.cli.options import (
    Device,
    Format,
    Hint,
    HintFiles,
    Json,
    Log,
    LosslessLuma,
    MaxMegapixels,
    Method,
    Out,
    Overwrite,
    Proposals,
    Provenance,
    Quality,
    Reach,
    Recursive,
    ReferenceLibrary,
    References,
    Refine,
    Saturation,
    Sheet,
    Temperature,
    Threads,
    Uncertainty,
    Vividness,
    Warmth,
    Workers,
)
from rechroma.cli.orders import Order, color, through_pipe, watch
from rechroma.cli.running import Tally, finish, stoppable, work
from rechroma.cli.terminal import logged

COLORIZE_HELP = """\
Color pictures: portrait.jpg becomes portrait.color.jpg beside it, or under OUT.

What was made before with the same options is skipped, so that an interrupted run goes on where it stopped. Results
that were made with others are refused, until --overwrite has them made again. NAME.hints.json beside NAME.jpg is used.

\b
Examples:
  rechroma colorize portrait.jpg
  rechroma colorize scans/ -o colored/ --recursive --workers 2
  rechroma colorize "box 3/*.tif" --vividness 0.3 --sheet look.html
  rechroma colorize portrait.jpg --hint 0.31,0.42,#a33b2e --hint 0.5,0.8,gray
  rechroma colorize portrait.jpg --hints portrait.hints.json --reference aunt.jpg
  curl -s https://example.org/old.jpg | rechroma colorize - > new.jpg
"""


WATCH_HELP = """\
Color what arrives in a folder, such as a scanner's, until Ctrl-C.

Takes the options of colorize. A picture is colored when its file has not changed for 5 seconds, and again when it
changes later. What was colored before is not colored again, so that it may be ended and started at any time.

\b
Examples:
  rechroma watch scans/ -o colored/
  rechroma watch scans/ -o colored/ --recursive --vividness 0.3 --log watch.log
"""


def colorize(  # noqa: PLR0917 - the command's options
    context: typer.Context,
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or - for stdin.", metavar="INPUT")
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
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    workers: Workers = 0,
    provenance: Provenance = True,
    lossless_luma: LosslessLuma = True,
    max_megapixels: MaxMegapixels = 400.0,
    device: Device = "auto",
    threads: Threads = 0,
    sheet: Sheet = None,
    json: Json = False,
    log: Log = None,
) -> None:
    """Color pictures."""
    tally = Tally()
    with logged(log), stoppable(tally):
        from rechroma import batch
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
        batch.asked(options)  # no such method, no such reference: said once, before anything is looked at
        if sheet is not None:
            batch.check_sheet(sheet, overwrite=overwrite)
        order = Order(
            inputs=inputs,
            out=out,
            recursive=recursive,
            options=options,
            proposals=proposals,
            uncertainty=uncertainty,
            workers=workers,
            overwrite=overwrite,
            json=json,
        )
        watches = context.info_name == "watch"
        tally.keep = watches or sheet is not None
        if "-" in inputs or out == Path("-"):
            through_pipe(order, plain=not (watches or json or sheet))
            return
        (watch if watches else color)(order, tally)
    finish(tally, sheet)


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
    tally = Tally(keep=True)
    with logged(None), stoppable(tally):
        from rechroma import batch
        from rechroma.demo import write_samples
        from rechroma.types import ColorizeOptions

        samples = write_samples(out / "before")
        plan = batch.plan([batch.Found(path) for path in samples], out=out / "after")
        options = ColorizeOptions(method=method, vividness=vividness)
        work(tally, plan, options, workers=1, overwrite=True, json=False)
    finish(tally, out / "index.html")
