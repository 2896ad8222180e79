"""Other questions to the same weights: how many hints it takes, what age costs, and what fails by content."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rechroma.types import Colorizer
from rechroma_train import tables
from rechroma_train.evaluate import manifest, pictures
from rechroma_train.prior import ColorPrior
from rechroma_train.tables import Table

Protocol = Literal["decodings", "patches", "damage", "content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is asked, of which pictures."""

    colorizer: Colorizer
    """The method."""
    prior: ColorPrior
    """Weights of the balanced AuC."""
    pictures: Path
    """Folder of color photographs."""
    limit: int
    """How many of them; 0 = all."""
    seed: int
    """Of the choice, of places and of damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found."""

    files: Sequence[Path]
    """The pictures."""
    tables: Mapping[str, Table]
    """Tables by name."""
    drawings: Mapping[str, str]
    """Drawings by name, SVG."""


def run(protocol: Protocol, asked: Asked, out: Path) -> str:
    """Measure and write the tables and drawings into a folder; gives the tables in Markdown."""
    answer = _PROTOCOLS[protocol](asked)
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in answer.files]
    facts = {
        "weights": manifest.weights(asked.colorizer),
        "pictures": manifest.pictures([path.name for path in answer.files], digests),
        "seed": asked.seed,
        "versions": manifest.versions(),
    }
    told = [tables.keep(name, table, out, facts=facts) for name, table in answer.tables.items()]
    for name, drawing in answer.drawings.items():
        (out / f"{name}.svg").write_text(drawing, encoding="utf-8")
    return "\n".join(told)


def _patches(asked: Asked) -> Answer:
    from rechroma_train.evaluate import patches

    files = pictures.chosen(asked.pictures, asked.limit, asked.seed)
    curve, where = patches.measure(files, asked.colorizer, asked.seed)
    found = {"hints_curve": curve, "hints_where": where}
    return Answer(files=files, tables=found, drawings={"hints_curve": patches.draw(curve)})


def _damage(asked: Asked) -> Answer:
    from rechroma_train.evaluate import damage

    files = pictures.spread(asked.pictures, asked.limit)
    truths = [pictures.read(path) for path in files]
    found = damage.measure(truths, asked.colorizer, asked.prior.balance(), asked.seed)
    return Answer(files=files, tables={"old": found}, drawings={})


def _content(asked: Asked) -> Answer:
    from rechroma_train.evaluate import content

    files = pictures.spread(asked.pictures, asked.limit)
    truths = [pictures.read(path) for path in files]
    found = content.measure(truths, asked.colorizer, asked.prior.balance())
    return Answer(files=files, tables=found, drawings={})


_PROTOCOLS: Mapping[str, Callable[[Asked], Answer]] = {
    "patches": _patches,
    "damage": _damage,
    "content": _content,
}
