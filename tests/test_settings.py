"""The environment and the platform's folders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import gray_jpeg
from rechroma import settings
from rechroma.errors import OptionError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in ("RECHROMA_CACHE", "RECHROMA_THREADS", "RECHROMA_OFFLINE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_without_variables_everything_has_a_default():
    found = settings.current()
    assert found.cache_dir.is_absolute()
    assert found.cache_dir.name.lower() in {"rechroma", "cache"}
    assert found.threads == 0
    assert found.offline is False


def test_the_environment_is_read_at_each_call(monkeypatch, tmp_path):
    monkeypatch.setenv("RECHROMA_CACHE", str(tmp_path))
    monkeypatch.setenv("RECHROMA_THREADS", "3")
    monkeypatch.setenv("RECHROMA_OFFLINE", "yes")
    found = settings.current()
    assert (found.cache_dir, found.threads, found.offline) == (tmp_path, 3, True)


def test_a_tilde_in_the_cache_folder_is_the_home(monkeypatch):
    monkeypatch.setenv("RECHROMA_CACHE", "~/colours")
    assert settings.current().cache_dir == Path.home() / "colours"


@pytest.mark.parametrize("word", ["1", "true", "TRUE", " yes ", "on"])
def test_yes_forbids_downloads(monkeypatch, word):
    monkeypatch.setenv("RECHROMA_OFFLINE", word)
    assert settings.current().offline is True


@pytest.mark.parametrize("word", ["", "0", "False", "no", "off"])
def test_no_allows_downloads(monkeypatch, word):
    monkeypatch.setenv("RECHROMA_OFFLINE", word)
    assert settings.current().offline is False


@pytest.mark.parametrize(("name", "value"), [("RECHROMA_OFFLINE", "perhaps"), ("RECHROMA_THREADS", "-1")])
def test_a_value_without_meaning_is_refused_by_name(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(OptionError, match=f"{name} is '{value}'; accepted"):
        settings.current()


HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("platform", "env", "expected"),
    [
        ("linux", {}, HOME / ".cache" / "rechroma"),
        ("linux", {"XDG_CACHE_HOME": "/var/fast"}, Path("/var/fast/rechroma")),
        ("linux", {"XDG_CACHE_HOME": "relative"}, HOME / ".cache" / "rechroma"),
        ("freebsd14", {}, HOME / ".cache" / "rechroma"),
        ("darwin", {"XDG_CACHE_HOME": "/x"}, HOME / "Library" / "Caches" / "rechroma"),
        ("win32", {}, HOME / "AppData" / "Local" / "rechroma" / "Cache"),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local/rechroma/Cache")),
    ],
)
def test_each_platform_has_its_own_folder(platform, env, expected):
    assert settings.default_cache_dir(platform, env, HOME) == expected


TOUCHES_NOTHING = """
import logging, os, subprocess, sys, warnings
import os
import subprocess
import sys
from pathlib import Path

# What these do is theirs.
import fastapi, numpy, onnxruntime, PIL.Image, scipy.sparse, scipy.special, starlette, tifffile, typer, uvicorn

def state():
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    os.umask(mask := os.umask(0))
    return {
        "environ": dict(os.environ),
        "environment": subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"],
                                      capture_output=True, check=True).stdout,
        "loggers": {log.name: (log.level, log.disabled, log.handlers[:]) for log in loggers},
        "warnings": (warnings.showwarning, warnings.filters[:]),
        "umask": mask,
        "pillow": PIL.Image.MAX_IMAGE_PIXELS,
    }

before = state()
import rechroma
for path in (Path(rechroma.__file__).parent).rglob("*.py"):
    if path.name != "__main__.py":
        __import__(".".join(path.relative_to(Path(rechroma.__file__).parents[1]).with_suffix("").parts))
assert rechroma.colorize(Path(sys.argv[1]).read_bytes())
during = []
from rechroma.server import listen
from rechroma.server.options import ServeOptions
with listen.listener(ServeOptions(port=0)) as bound:
    server = listen.Server(ServeOptions(port=0), bound, lambda address: during.append(state()))
    server.should_exit = True
    server.run(sockets=[bound])
for after in (*during, state()):
    for name, value in before.items():
        was, now = (value, after[name])
        if name == "loggers":
            now = {key: now[key] for key in was}
        assert was == now, (name, was, now)
print(len(during))
"""


def test_nothing_of_the_process_is_changed_at_import_or_in_passing(tmp_path):
    (tmp_path / "a.jpg").write_bytes(gray_jpeg(16, 16))
    done = subprocess.run(
        [sys.executable, "-c", TOUCHES_NOTHING, tmp_path / "a.jpg"],
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


@pytest.mark.parametrize(("given", "seen"), [(None, "1"), ("0", "0")])
def test_onnx_runtime_reports_only_where_the_environment_says_so(given, seen, monkeypatch):
    code = "import os; print(os.environ.get('ORT_DISABLE_TELEMETRY'))"

    def of_a_child():
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()

    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if given is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", given)
    before = dict(os.environ)
    with settings.telemetry_forbidden():
        assert of_a_child() == seen
        assert dict(os.environ) == before
    assert of_a_child() == str(given)
