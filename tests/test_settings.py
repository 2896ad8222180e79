"""The environment and the platform's folders."""

from pathlib import Path

import pytest

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
