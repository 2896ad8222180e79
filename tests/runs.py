"""Options of training runs for tests, written without their groups."""

from dataclasses import fields, replace

from rechroma_train.config import ClassifyOptions, DataOptions, OptimizerOptions, RunOptions, TrainOptions

_GROUPS = {"run": RunOptions, "data": DataOptions, "optimizer": OptimizerOptions, "task": ClassifyOptions}


def _sorted(flat: dict[str, object]) -> dict[str, dict[str, object]]:
    owner = {f.name: group for group, kind in _GROUPS.items() for f in fields(kind)}
    found: dict[str, dict[str, object]] = {}
    for name, value in flat.items():
        found.setdefault(owner[name], {})[name] = value
    return found


def run_options(**flat: object) -> TrainOptions:
    """Options by the names of their fields; net and task as they are."""
    whole = {name: flat.pop(name) for name in ("net", "task") if name in flat}
    groups = _sorted(flat)
    return TrainOptions(**{group: _GROUPS[group](**given) for group, given in groups.items()}, **whole)


def changed(options: TrainOptions, **flat: object) -> TrainOptions:
    """The same with some fields changed."""
    whole = {name: flat.pop(name) for name in ("net", "task") if name in flat}
    groups = {group: replace(getattr(options, group), **given) for group, given in _sorted(flat).items()}
    return replace(options, **groups, **whole)
