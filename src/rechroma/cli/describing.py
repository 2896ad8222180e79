"""Commands that describe: the models, and what is installed."""

import json as json_format
from dataclasses import asdict

from rechroma._version import __version__
from rechroma.cli.options import Json, ModelName
from rechroma.cli.terminal import tell


def models_list(json: Json = False) -> None:
    """List the models by name, task, size and license, and the methods that need no weights by what they need."""
    from rechroma import methods, weights

    for row in weights.rows():
        if json:
            tell(json_format.dumps(asdict(row), default=str))
        else:
            tell(f"{row.name:<24} {row.task:<10} {row.bytes / 1e6:6.1f} MB  {row.license}")
    for name in methods.METHODS:
        facts = _method(name)
        if json:
            tell(json_format.dumps(facts))
        else:
            tell(f"{name:<24} {facts['task']:<10} needs {facts['needs']}")


def models_info(name: ModelName, json: Json = False) -> None:
    """Describe one model: paper, license, defaults, figures, hash."""
    from rechroma import methods, weights

    facts = _method(name) if name in methods.METHODS else asdict(weights.find(name))
    if json:
        tell(json_format.dumps(facts, default=str))
    else:
        for field, value in facts.items():
            tell(f"{field:<12} {value}")


def _method(name: str) -> dict[str, object]:
    """Give what there is to say of a method without weights."""
    from rechroma import methods

    method = methods.METHODS[name]
    return {"name": name, "task": method.task, "needs": ", ".join(method.needs), "paper": method.paper}


def models_fetch(name: ModelName) -> None:
    """Download a model where it is not here yet, verify it, and print its file."""
    from rechroma import weights

    tell(str(weights.path_of(weights.find(name))))


def info(json: Json = False) -> None:
    """Show versions, where networks can run, and the settings."""
    import platform

    from rechroma import runtime, settings

    facts: dict[str, object] = {"rechroma": __version__, "python": platform.python_version()}
    facts |= {name: _installed(name) for name in ("numpy", "onnxruntime", "pillow", "simplejpeg", "tifffile")}
    facts |= {"devices": runtime.devices()} | asdict(settings.current())
    if json:
        tell(json_format.dumps(facts, default=str))
    else:
        for name, value in facts.items():
            tell(f"{name:<12} {', '.join(value) if isinstance(value, list | tuple) else value}")


def _installed(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
