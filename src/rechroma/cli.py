"""The `rechroma` command: arguments to options, errors to exit codes, progress to the terminal.

Everything heavy is imported inside the commands, so that `--version` and `--help` answer at once.
"""

import json as json_format
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rechroma import errors
from rechroma._version import __version__
from rechroma.errors import (
    InputError,
    MissingExtra,
    OptionError,
    OutputError,
    RechromaError,
    UnknownMethod,
    WeightsError,
    WorkerDied,
)

if TYPE_CHECKING:
    from rechroma.batch import Outcome, Plan
    from rechroma.types import ColorizeOptions

SEVERAL = 1
EXIT_CODES: dict[type[RechromaError], int] = {
    OptionError: 2,
    InputError: 3,
    OutputError: 4,
    WeightsError: 5,
    UnknownMethod: 5,
    MissingExtra: 6,
    WorkerDied: 7,
    RechromaError: SEVERAL,
}
"""The only place where errors become exit codes; the first class that an error is one of counts."""

EPILOG = (
    "Exit codes: 0 all done; 2 wrong option; 3 input that cannot be used; 4 result that cannot be stored; "
    "5 no such method, or weights that cannot be used; 6 an optional library is missing; 7 a worker process died; "
    "130 interrupted; 1 several pictures failed for different reasons."
)

COLORIZE_HELP = """\
Color pictures: portrait.jpg becomes portrait.color.jpg beside it, or under OUT.

Results that exist are skipped, so that an interrupted run goes on where it stopped.

\b
Examples:
  rechroma colorize portrait.jpg
  rechroma colorize scans/ -o colored/ --recursive --workers 2
  rechroma colorize "box 3/*.tif" --vividness 0.3 --sheet look.html
  curl -s https://example.org/old.jpg | rechroma colorize - > new.jpg
"""

app = typer.Typer(name="rechroma", no_args_is_help=True, pretty_exceptions_enable=False, epilog=EPILOG)
models = typer.Typer(no_args_is_help=True, help="List, describe and download the models.")
app.add_typer(models, name="models")


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    try:
        app(list(arguments), prog_name="rechroma")
    except RechromaError as error:
        _say(f"rechroma: {error}")
        return exit_code(type(error))
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 0
    return 0


def exit_code(error: type[RechromaError]) -> int:
    """Look up the exit code of an error's class."""
    return next(code for kind, code in EXIT_CODES.items() if issubclass(error, kind))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rechroma {__version__}")
        raise typer.Exit


@app.callback()
def rechroma(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Believable color for black-and-white photographs, offline, on an ordinary computer."""


Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="Folder for the results; for one picture also a file, or - for stdout."),
]


def _model_names(incomplete: str) -> list[str]:
    """Complete the name of a model."""
    from rechroma import weights

    return [row.name for row in weights.rows() if row.name.startswith(incomplete)]


Method = Annotated[
    str,
    typer.Option(help="A name from `rechroma models list`, or an .onnx file.", autocompletion=_model_names),
]
ModelName = Annotated[
    str, typer.Argument(help="A name from `rechroma models list`.", autocompletion=_model_names)
]
Vividness = Annotated[
    float | None, typer.Option(help="0 faithful and muted, 1 colorful; the model's own default if not given.")
]
Temperature = Annotated[
    float | None,
    typer.Option(help="Above 0 to 1: 1 averages the likely colors; the model's default if not given."),
]
Saturation = Annotated[float, typer.Option(help="Factor on the colors' strength, 0 to 2.")]
Format = Annotated[
    Literal["same", "jpeg", "png", "tiff", "webp"], typer.Option(help="File format of the results.")
]
Quality = Annotated[int, typer.Option(help="JPEG and WebP quality, 1 to 100.")]
Provenance = Annotated[
    bool, typer.Option(help="Write into the metadata that the colors were added, and by which model.")
]
LosslessLuma = Annotated[bool, typer.Option(help="Keep the luma scan of a gray JPEG byte for byte.")]
MaxMegapixels = Annotated[float, typer.Option(help="Refuse larger pictures before decoding them.")]
Device = Annotated[
    Literal["auto", "cpu", "cuda", "coreml", "directml", "openvino"],
    typer.Option(help="Where the network runs."),
]
Threads = Annotated[int, typer.Option(help="Threads of the network; 0 = all cores, shared by the workers.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist; never an input.")]
Workers = Annotated[int, typer.Option(help="Processes side by side; 0 = by cores and pictures.", min=0)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON to stdout, an object a line.")]


@app.command(epilog=EPILOG, help=COLORIZE_HELP)
def colorize(  # noqa: PLR0917 - the command's options
    inputs: Annotated[
        list[str], typer.Argument(help="Files, folders, globs, or - for stdin.", metavar="INPUT...")
    ],
    out: Out = None,
    method: Method = "hintnet",
    vividness: Vividness = None,
    temperature: Temperature = None,
    saturation: Saturation = 1.0,
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
    from rechroma.types import ColorizeOptions

    options = ColorizeOptions(
        method=method,
        vividness=vividness,
        temperature=temperature,
        saturation=saturation,
        format=format,
        quality=quality,
        provenance=provenance,
        lossless_luma=lossless_luma,
        max_megapixels=max_megapixels,
        device=device,
        threads=threads,
    )
    if "-" in inputs or out == Path("-"):
        _through_pipe(inputs, out, options, overwrite=overwrite, plain=not (json or sheet))
        return
    from rechroma import batch

    found = batch.find(inputs, recursive=recursive, out=out)
    plan = batch.plan(found, out=out, to_file=batch.names_a_file(out, found), format=format)
    outcomes = _run(plan, options, workers=workers, overwrite=overwrite, json=json)
    _finish(outcomes, sheet)


@app.command(epilog=EPILOG)
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
    outcomes = _run(plan, options, workers=1, overwrite=True, json=False)
    _finish(outcomes, out / "index.html")


@models.command("list")
def models_list(json: Json = False) -> None:
    """List the models: name, task, size, licence."""
    from rechroma import weights

    for row in weights.rows():
        if json:
            typer.echo(json_format.dumps(asdict(row), default=str))
        else:
            typer.echo(f"{row.name:<24} {row.task:<10} {row.bytes / 1e6:6.1f} MB  {row.licence}")


@models.command("info")
def models_info(name: ModelName, json: Json = False) -> None:
    """Describe one model: paper, licence, defaults, figures, hash."""
    from rechroma import weights

    facts = asdict(weights.find(name))
    if json:
        typer.echo(json_format.dumps(facts, default=str))
    else:
        for field, value in facts.items():
            typer.echo(f"{field:<12} {value}")


@models.command("fetch")
def models_fetch(name: ModelName) -> None:
    """Download a model where it is not here yet, verify it, and print its file."""
    from rechroma import weights

    typer.echo(weights.path_of(weights.find(name)))


@app.command()
def info(json: Json = False) -> None:
    """Show versions, where networks can run, and the settings."""
    import platform

    from rechroma import runtime, settings

    facts: dict[str, object] = {"rechroma": __version__, "python": platform.python_version()}
    facts |= {name: _installed(name) for name in ("numpy", "onnxruntime", "pillow", "simplejpeg", "tifffile")}
    facts |= {"devices": runtime.devices()} | asdict(settings.current())
    if json:
        typer.echo(json_format.dumps(facts, default=str))
    else:
        for name, value in facts.items():
            typer.echo(f"{name:<12} {', '.join(value) if isinstance(value, list | tuple) else value}")


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _through_pipe(
    inputs: Sequence[str], out: Path | None, options: "ColorizeOptions", *, overwrite: bool, plain: bool
) -> None:
    """Color one picture that comes from stdin or goes to stdout."""
    from rechroma import batch, pipeline

    if len(inputs) != 1 or not plain:
        raise OptionError(
            "- stands for one picture from stdin or to stdout: give one input, no --json and no --sheet"
        )
    to_stdout = out is None or out == Path("-")
    if to_stdout and sys.stdout.isatty():
        raise OptionError(
            "stdout is a terminal; send the picture on (rechroma colorize - > new.jpg) or give -o FILE"
        )
    source = sys.stdin.buffer.read() if inputs[0] == "-" else Path(inputs[0])
    with batch.recorded_warnings() as said:
        if to_stdout:
            sys.stdout.buffer.write(pipeline.colorize_to_bytes(source, options))
            sys.stdout.buffer.flush()
        elif out is not None:
            pipeline.colorize_file(source, out, options, overwrite=overwrite)
    for words in said:
        _say(f"rechroma: {words}")


def _run(
    plan: "Plan", options: "ColorizeOptions", *, workers: int, overwrite: bool, json: bool
) -> "list[Outcome]":
    """Do the jobs, show the progress and return every outcome."""
    from rechroma import batch

    workers = batch.share_workers(len(plan.jobs), workers)
    outcomes: list[Outcome] = []
    signal.signal(signal.SIGTERM, _interrupt)
    running = batch.run(plan.jobs, options, workers=workers, overwrite=overwrite)
    with _progress(len(plan.refused) + len(plan.jobs)) as advance:
        for outcome in chain(plan.refused, running):
            outcomes.append(outcome)
            advance(outcome)
            if json:
                typer.echo(json_format.dumps(outcome.as_dict()))
    return outcomes


def _interrupt(signum: int, frame: object) -> None:
    """End like Ctrl-C on SIGTERM, so that nothing half-written stays."""
    raise KeyboardInterrupt


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[Outcome], None]]":
    """Show a bar with rate and time left on a terminal, nothing elsewhere; skipped pictures do not count."""
    if not sys.stderr.isatty() or total < 2:
        yield lambda outcome: None
        return
    from rich import progress
    from rich.console import Console

    class Rate(progress.ProgressColumn):
        def render(self, task: progress.Task) -> str:
            return f"{task.speed:.2f}/s" if task.speed else "-/s"

    columns = (
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        Rate(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("{task.description}"),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(outcome: "Outcome") -> None:
            if outcome.status == "skipped":
                bar.update(task, total=(bar.tasks[0].total or 1) - 1)
            else:
                bar.update(task, advance=1, description=outcome.job.source.name)

        yield advance


def _finish(outcomes: "list[Outcome]", sheet: Path | None) -> None:
    """Write the sheet, say what came of the run, list the failures and leave with their exit code."""
    from rechroma import batch

    if sheet is not None:
        batch.write_sheet(outcomes, sheet)
        _say(f"contact sheet: {sheet}")
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    done, skipped = (sum(outcome.status == status for outcome in outcomes) for status in ("done", "skipped"))
    if len(outcomes) == 1 and done:
        _say(f"{outcomes[0].job.target}")
    else:
        there = f", {skipped} skipped (the result exists; --overwrite replaces it)" if skipped else ""
        _say(f"{done} colored{there}{f', {len(failed)} failed:' if failed else ''}")
    for outcome in failed:
        _say(f"  {outcome.job.source}: {outcome.message}")
    for outcome in outcomes:
        for words in outcome.warnings:
            _say(f"warning: {outcome.job.source}: {words}")
    codes = {exit_code(getattr(errors, outcome.error)) for outcome in failed}
    if codes:
        raise typer.Exit(codes.pop() if len(codes) == 1 else SEVERAL)


def _say(text: str) -> None:
    typer.echo(text, err=True)
