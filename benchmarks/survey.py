"""Whole folders of other people's pictures: what is colored, what is refused and why, what a result lost.

    python -m benchmarks survey FOLDER [FOLDER ...] [--program 'python -m rechroma']

Each folder is colored by one run of the command, as anybody would. Then other readers (Pillow, tifffile) open every
picture and its result and compare them upright: sides, depth, orientation, profile, lightness, alpha, resolution,
EXIF, XMP, IPTC, texts; what must change (storage, thumbnails, provenance) is not compared. What was refused is offered
to Pillow, tifffile and OpenCV. Every difference is printed; the table counts files.
"""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from benchmarks import seen
from benchmarks.measure import command, keep, machine
from benchmarks.seen import Facts, NotSeen, Seen
from rechroma import errors
from rechroma_train import tables
from rechroma_train.tables import Table

TONES = 1.5
"""Mean change of a small version from which on it counts as another lightness. The way to TIFF, PNG and WebP keeps L*,
that to JPEG keeps luma: what keeps either does not count."""
_RESOLUTION = 0.01
"""Share by which a resolution may differ: some formats hold whole dots per centimeter."""
_SENSE = 100_000
"""Dots per inch that no scanner has."""
_DEEP_RESULTS = frozenset({"PNG", "TIFF"})
REFUSED = ("damaged", "no picture", "by rule", "needs an extra", "name taken")
"""Groups of what is refused."""
DIFFERENCES = (
    *("unreadable", "sides", "depth", "orientation", "profile", "lightness"),
    *("alpha", "resolution", "exif", "xmp", "iptc", "texts"),
)
"""What a result can differ in."""
_PIXELS = 200_000_000
"""Pillow refuses pictures of more than twice as many; so do we."""
_NOT_OFFERED = frozenset({errors.OutputError.__name__, errors.TooLarge.__name__})
"""Failures that are no question of reading: a name that is taken; what would take all memory."""
_BY_WORDS = (
    ("no picture", r"no picture of a known kind|file is empty"),
    ("damaged", r": this picture cannot be decoded"),
    ("by rule", r"^this is an? |^this (TIFF|JPEG) .*(is not read|no kind that is read|channels; accepted)"),
    (
        "by rule",
        r"[Uu]nsupported|cannot be decoded here|raise max_megapixels|black and white|state the value of white",
    ),
    ("damaged", r""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one picture."""

    source: Path
    """Its file."""
    verdict: str
    """colored, skipped, one of `REFUSED`, or "crash"."""
    message: str = ""
    """Why it was refused."""
    opened_by: tuple[str, ...] = ()
    """Other readers that open what was refused."""
    differences: Mapping[str, str] | None = None
    """What differs, and how; None where no other reader opens the original."""
    tags: tuple[int, int, int] = (0, 0, 0)
    """EXIF tags kept, lost, changed."""


def survey(folder: Path, program: Sequence[str], method: str) -> Iterator[Finding]:
    """Color a folder by one run of the command, and yield what became of every picture in it."""
    with tempfile.TemporaryDirectory() as out:
        line = [*program, "colorize", str(folder), "-o", out, "--recursive", "--json", "--method", method]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        outcomes = [json.loads(each) for each in done.stdout.splitlines()]
        if not outcomes:
            raise SystemExit(f"{shlex.join(line)} ended with {done.returncode}:\n{done.stderr}")
        with undisturbed():
            for outcome in outcomes:
                yield judge(outcome)


def judge(outcome: Mapping[str, str]) -> Finding:
    """Judge one outcome as the command gave it."""
    source = Path(outcome["source"])
    message = outcome.get("message", "")
    if outcome["status"] == "skipped":
        return Finding(source=source, verdict="skipped", message=message)
    if outcome["status"] == "failed":
        verdict = reason(outcome["error"], message)
        readers = () if outcome["error"] in _NOT_OFFERED else tuple(seen.openers(source))
        return Finding(source=source, verdict=verdict, message=message, opened_by=readers)
    try:
        result = seen.see(Path(outcome["target"]))
    except NotSeen as error:
        return Finding(source=source, verdict="colored", differences={"unreadable": str(error)})
    try:
        before = seen.see(source)
    except NotSeen as error:
        return Finding(source=source, verdict="colored", message=str(error))
    return Finding(
        source=source,
        verdict="colored",
        differences=dict(differences(before, result)),
        tags=tags(before, result),
    )


def reason(error: str, message: str) -> str:
    """Return the group of a failure."""
    if error == errors.MissingExtra.__name__:
        return "needs an extra"
    if error == errors.OutputError.__name__:
        return "name taken"
    kind = getattr(errors, error, None)
    if kind is None or not issubclass(kind, errors.InputError):
        return "crash"
    return next(group for group, words in _BY_WORDS if re.search(words, message))


def differences(before: Seen, after: Seen) -> Iterator[tuple[str, str]]:
    """Yield what differs and should not."""
    if before.size != after.size:
        yield "sides", f"{before.size} -> {after.size}"
    bits = 16 if before.bits > 8 and after.kind in _DEEP_RESULTS else 8
    if after.bits != bits:
        yield "depth", f"{before.bits} -> {after.bits}, not {bits}"
    if after.orientation not in (1, before.orientation):
        yield "orientation", f"{before.orientation} -> {after.orientation}"
    if wrong := _profile(after.icc):
        yield "profile", wrong
    yield from _pixels(before, after)
    if before.dpi and 1 < min(before.dpi) <= max(before.dpi) < _SENSE and not _alike(before.dpi, after.dpi):
        yield "resolution", f"{before.dpi} -> {after.dpi}"
    turned = seen.PLACES if before.orientation != 1 else ()
    for name in ("exif", "xmp", "iptc"):
        stays = {tag: value for tag, value in getattr(before, name).items() if tag not in turned}
        if words := _changes(stays, getattr(after, name)):
            yield name, words
    if before.kind == after.kind and (words := _changes(before.texts, after.texts)):
        yield "texts", words


def _pixels(before: Seen, after: Seen) -> Iterator[tuple[str, str]]:
    """Compare small versions; where nothing can be seen of a picture its lightness does not count."""
    opaque = np.ones((1, 1))
    if before.alpha is not None and after.kind != "JPEG":
        if after.alpha is None and before.alpha.min() < 1:
            yield "alpha", "lost"
        elif after.alpha is not None and after.alpha.shape == before.alpha.shape:
            if (moved := float(np.abs(after.alpha - before.alpha).max())) > 1 / 128:
                yield "alpha", f"{moved:.3f} apart"
            opaque = before.alpha
    if before.tones is None or after.tones is None or before.tones.shape != after.tones.shape:
        return
    if before.alpha is not None and after.kind == "JPEG":
        return  # laid over white
    apart = np.abs(after.tones - before.tones) * (opaque > 1 / 2)[..., None]
    mean, most = apart.mean((0, 1)), apart.max((0, 1))
    if mean.min() > TONES:
        yield (
            "lightness",
            f"L* {mean[0]:.2f} and luma {mean[1]:.2f} on average, {most[0]:.1f} and {most[1]:.1f} at most",
        )


def _profile(icc: bytes) -> str:
    if not icc:
        return "none"
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(icc)).profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        return f"broken: {error}"
    return "" if space == "RGB" else f"of {space}"


def _alike(one: tuple[float, float], other: tuple[float, float] | None) -> bool:
    return other is not None and all(
        abs(a - b) <= _RESOLUTION * max(a, b) + 0.5 for a, b in zip(one, other, strict=True)
    )


def _changes(before: Facts, after: Facts) -> str:
    lost = [name for name in before if name not in after]
    changed = [name for name in before if name in after and not _same(before[name], after[name])]
    parts = ("lost " + " ".join(lost)) if lost else "", ("changed " + " ".join(changed)) if changed else ""
    return "; ".join(filter(None, parts))


def _same(one: object, other: object) -> bool:
    if isinstance(one, bytes | str) and isinstance(other, bytes | str):
        return _plain(one) == _plain(other)
    return one == other or str(one) == str(other)  # not a number is like no other


def _plain(value: bytes | str) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text.rstrip("\0 ")


def tags(before: Seen, after: Seen) -> tuple[int, int, int]:
    """Count EXIF tags that were kept, lost, changed."""
    there = [name for name in before.exif if name in after.exif]
    kept = sum(_same(before.exif[name], after.exif[name]) for name in there)
    return kept, len(before.exif) - len(there), len(there) - kept


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep what codecs in C print away from the screen, and let Pillow open what we open meanwhile."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, _PIXELS
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        Image.MAX_IMAGE_PIXELS = limit


def told(finding: Finding) -> Iterator[str]:
    """Yield lines on what is worth a look."""
    if finding.verdict == "crash" or finding.opened_by:
        readers = f" (opened by {', '.join(finding.opened_by)})" if finding.opened_by else ""
        yield f"{finding.source}: {finding.verdict}{readers}: {finding.message}"
    for name, words in (finding.differences or {}).items():
        yield f"{finding.source}: {name}: {words}"


def row(name: str, found: Sequence[Finding]) -> dict[str, object]:
    """Count what became of the pictures of a folder."""
    verdicts = Counter(finding.verdict for finding in found)
    differ = Counter(kind for finding in found for kind in finding.differences or ())
    compared = [
        finding
        for finding in found
        if finding.differences is not None and "unreadable" not in finding.differences
    ]
    return {
        "corpus": name,
        "files": len(found),
        "colored": verdicts["colored"],
        **{group: verdicts[group] for group in (*REFUSED, "skipped", "crash")},
        "opened by others": sum(bool(finding.opened_by) for finding in found),
        "compared": len(compared),
        **{kind: differ[kind] for kind in DIFFERENCES},
        **{
            f"tags {what}": sum(finding.tags[at] for finding in compared)
            for at, what in enumerate(("kept", "lost", "changed"))
        },
    }


def drawn(rows: Table) -> str:
    """Draw two tables: what became of the files, and in what results differ."""
    became = ("corpus", "files", "colored", *REFUSED, "crash", "opened by others", "unreadable")
    differ = ("corpus", "compared", *DIFFERENCES[1:], "tags kept", "tags lost", "tags changed")
    return "\n".join(
        tables.to_markdown([{name: each[name] for name in names} for each in rows])
        for names in (became, differ)
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Survey the folders; exit code 1 where a result cannot be opened or anything crashed."""
    parser = command("survey", __doc__)
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="FOLDER", help="a corpus, searched with its folders"
    )
    parser.add_argument(
        "--program", default="", help="another install's command, such as that of a plain one"
    )
    parser.add_argument("--method", default="hintnet", help="method that colors")
    given = parser.parse_args(arguments)
    program = shlex.split(given.program) or [sys.executable, "-m", "rechroma"]
    everything: list[Finding] = []
    rows = []
    for folder in given.folders:
        found = []
        for finding in survey(folder, program, given.method):
            found.append(finding)
            for line in told(finding):
                print(line, flush=True)
        rows.append(row(folder.name, found))
        everything += found
    rows.append(row("all", everything))
    keep("survey", rows, given.out, facts={"method": given.method} | machine(), drawn=drawn(rows))
    if rows[-1]["unreadable"] or rows[-1]["crash"]:
        sys.exit(1)
