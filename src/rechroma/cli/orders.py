"""What the user ordered, done in one of three ways: a run over files and folders, through a pipe, watching a folder."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rechroma.cli.running import Tally, tell_failures, tell_left_out, tell_more, work
from rechroma.cli.terminal import say, writing_to_stdout
from rechroma.errors import InputError, OptionError

if TYPE_CHECKING:
    from rechroma.batch import Anew, Found, Plan, Unread
    from rechroma.types import ColorizeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Which pictures, where to, and how; the fields are the command's options."""

    inputs: list[str]
    out: Path | None
    recursive: bool
    options: "ColorizeOptions"
    proposals: int
    uncertainty: bool
    workers: int
    overwrite: bool
    json: bool


def color(order: Order, tally: Tally) -> None:
    """Color files and folders."""
    from rechroma import batch

    found = batch.find(order.inputs, recursive=order.recursive, out=order.out)
    if order.options.hints and len(found.pictures) > 1:
        raise OptionError(
            f"hints are places of one picture, and {len(found.pictures)} pictures were given; color that one alone, "
            "or save them beside each picture as NAME.hints.json"
        )
    plan = _planned(order, found.pictures, found.unread)
    tell_left_out(found.left_out)
    work(tally, plan, order.options, workers=order.workers, overwrite=order.overwrite, json=order.json)


def watch(order: Order, tally: Tally) -> None:
    """Color what arrives in folders until Ctrl-C."""
    from rechroma import batch

    missing = [name for name in order.inputs if not Path(name).is_dir()]
    if missing:
        raise InputError(f"{missing[0]} is no folder; watch takes folders, colorize single pictures")
    if order.options.hints:
        raise OptionError("hints are places of one picture; save them beside it as NAME.hints.json")
    _planned(order, ())
    say(f"watching {', '.join(order.inputs)}  (Ctrl-C ends it)")
    try:
        for arrived in batch.arrivals(
            lambda: batch.scan(order.inputs, recursive=order.recursive, out=order.out)
        ):
            tell_left_out(arrived.left_out)
            _work(tally, order, arrived.new, arrived.unread)
            _work(tally, replace(order, overwrite=True), arrived.changed)
    except KeyboardInterrupt:
        left = f", {tally.waiting} left; the same command goes on from here" if tally.waiting else ""
        tally.waiting = 0
        say(f"stopped{left}")


def _work(tally: Tally, order: Order, pictures: "Sequence[Found]", unread: "Sequence[Unread]" = ()) -> None:
    """Color some pictures of a watched folder, and say of each what came of it."""
    before = len(tally.outcomes)
    plan = _planned(order, pictures, unread)
    work(tally, plan, order.options, workers=order.workers, overwrite=order.overwrite, json=order.json)
    done = [outcome for outcome in tally.outcomes[before:] if outcome.status == "done"]
    for outcome in done:
        say(f"{outcome.job.source} -> {outcome.job.target}")
    tell_more(done)
    tell_failures(tally)


def _planned(order: Order, found: "Sequence[Found] | Anew[Found]", unread: "Sequence[Unread]" = ()) -> "Plan":
    from rechroma import batch

    return batch.plan(
        found,
        unread=unread,
        out=order.out,
        to_file=batch.names_a_file(order.out, found),
        format=order.options.format,
        proposals=order.proposals,
        uncertainty=order.uncertainty,
    )


def through_pipe(order: Order, *, plain: bool) -> None:
    """Color one picture that comes from stdin or goes to stdout."""
    from rechroma import pipeline
    from rechroma.notes import collected

    if len(order.inputs) != 1 or order.proposals > 1 or order.uncertainty or not plain:
        raise OptionError(
            "- stands for one picture from stdin or to stdout: give one input, no --json, --sheet, --proposals "
            "and --uncertainty"
        )
    source = Path(order.inputs[0])
    to_stdout = order.out is None or order.out == Path("-")
    if to_stdout and sys.stdout.isatty():
        raise OptionError(
            "stdout is a terminal; send the picture on (rechroma colorize - > new.jpg) or give -o FILE"
        )
    given = sys.stdin.buffer.read() if order.inputs[0] == "-" else source
    with collected() as notes:
        if order.out is not None and not to_stdout:
            pipeline.colorize_file(given, order.out, order.options, overwrite=order.overwrite)
        else:
            data = pipeline.colorize_to_bytes(given, order.options)
            with writing_to_stdout():
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
    for words in notes:
        say(f"rechroma: {words}")
