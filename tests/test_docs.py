"""What the documentation says holds: links lead somewhere, named options exist, the worked example works."""

import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks" / "README.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_included_file_exists(page: Path) -> None:
    included = re.findall(r'--8<-- "([^"]+)"', page.read_text(encoding="utf-8"))
    assert not [name for name in included if not (ROOT / name).is_file()]


def test_every_option_of_the_command_is_in_the_guide_and_the_other_way_round() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    command = get_command(app).commands["colorize"]  # type: ignore[attr-defined]
    real = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(--[a-z][a-z-]+)", guide))
    assert told <= real | {"--help"}
    shell = {param.opts[0] for param in command.params if param.opts[0].startswith("--")}
    unsaid = {
        flag
        for flag in shell - {"--help"}
        if flag not in guide and f"--no-{flag.removeprefix('--')}" not in guide
    }
    assert not unsaid


def test_every_environment_variable_is_in_the_guide() -> None:
    source = (ROOT / "src" / "rechroma" / "settings.py").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    assert set(re.findall(r"RECHROMA_[A-Z]+", source)) <= set(re.findall(r"RECHROMA_[A-Z]+", guide))


def test_the_method_of_the_contributing_guide_keeps_the_contract() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = next(
        code for code in re.findall(r" *```python\n(.*?)```", text, flags=re.DOTALL) if "class Tint" in code
    )
    names: dict[str, object] = {}
    exec("\n".join(line.removeprefix("   ") for line in block.splitlines()), names)
    tint = names["Tint"]()  # type: ignore[operator]
    lightness = np.linspace(0, 100, 35, dtype=np.float32).reshape(5, 7)
    before = lightness.copy()
    prediction = tint.predict(lightness)
    assert prediction.ab.shape == (5, 7, 2)
    assert prediction.ab.dtype == np.float32
    assert np.array_equal(lightness, before)
