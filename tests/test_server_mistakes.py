"""A server never dies of one picture: whatever goes wrong is that request's or that picture's own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest

from conftest import gray_jpeg

pytest.importorskip("fastapi")

from rechroma import errors, pipeline
from rechroma.batch import job as one_job
from rechroma.errors import RechromaError
from rechroma.pipeline import Draft
from rechroma.server import statuses
from rechroma.server.options import ServeOptions
from serving import Running, running

PICTURE = {"picture": ("old.jpg", gray_jpeg(20, 30))}


@pytest.fixture(scope="module")
def server(graph: Path) -> Iterator[Running]:
    with running(ServeOptions(port=0, method=str(graph), workers=2, ui=False)) as up:
        yield up


@pytest.fixture
def client(server: Running) -> httpx.Client:
    return server.client


def breaking(error: BaseException) -> Callable[..., NoReturn]:
    def broken(*_: object, **__: object) -> NoReturn:
        raise error

    return broken


def folders(server: Running) -> int:
    root = server.service.storage._root
    return 0 if root is None else len(list(root.iterdir()))


ODD = [
    ZeroDivisionError("a bug"),
    MemoryError(),
    RecursionError(),
    KeyError("x"),
    OSError("disk"),
    AssertionError(),
]


@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
def test_any_error_in_a_request_is_its_own_with_the_traceback_in_the_log(
    error: Exception,
    server: Running,
    client: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    draft = f"/api/drafts/{client.post('/api/drafts', files=PICTURE).json()['id']}"
    archive = client.post("/api/archives").json()["id"]
    before = folders(server)
    for name in ("__init__", "gray", "preview", "look", "propose", "uncertainty_png", "result"):
        monkeypatch.setattr(Draft, name, breaking(error))
    monkeypatch.setattr(pipeline, "colorize_to_bytes", breaking(error))
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/api/colorize", {"files": PICTURE}),
        ("POST", "/api/propose", {"files": PICTURE}),
        ("POST", "/api/drafts", {"files": PICTURE}),
        ("GET", f"{draft}/gray", {}),
        ("POST", f"{draft}/preview", {"json": {}}),
        ("POST", f"{draft}/look", {"json": {"x": 0, "y": 0}}),
        ("POST", f"{draft}/proposals", {"json": {}}),
        ("POST", f"{draft}/uncertainty", {"json": {}}),
        ("POST", f"{draft}/result", {"json": {}}),
        ("POST", f"{draft}/pack", {"json": {"archive": archive}}),
        ("POST", f"{draft}/references", {"files": PICTURE}),
    ]
    for method, path, body in asked:
        caplog.clear()
        answer = client.request(method, path, **body)
        assert (answer.status_code, answer.json()["error"]) == (500, "InternalError"), path
        assert "'old.jpg'" in answer.json()["message"] and "a bug" not in answer.json()["message"]
        assert type(error).__name__ in caplog.text and "old.jpg" in caplog.text, path
        assert answer.headers["x-content-type-options"] == "nosniff"
    monkeypatch.undo()
    assert folders(server) == before, "what was uploaded is gone"
    assert server.service.pool.inside == 0 == len(server.service.pool._running)
    assert client.post(f"{draft}/preview", json={}).status_code == 200
    assert not server.service.desk._drafts[draft.rpartition("/")[2]].references
    client.delete(draft)


def test_a_job_that_cannot_be_stored_leaves_nothing(
    server: Running, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folders(server)
    monkeypatch.setattr("shutil.copyfileobj", breaking(OSError(28, "No space left on device")))
    answer = client.post("/api/jobs", files=[("pictures", PICTURE["picture"])])
    assert (answer.status_code, answer.json()["error"]) == (503, "OutputError")
    assert "No space left" in answer.json()["message"]
    assert client.post("/api/drafts", files=PICTURE).status_code == 503
    assert folders(server) == before


def test_a_picture_that_fails_goes_at_once_and_the_job_goes_on(
    server: Running, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    color = one_job.colorize_file

    def sometimes(source: Path, *more: Any, **how: Any) -> Any:
        if source.read_bytes() == b"broken":
            raise MemoryError
        return color(source, *more, **how)

    monkeypatch.setattr(one_job, "colorize_file", sometimes)
    pictures = [
        ("pictures", ("a.jpg", b"broken")),
        ("pictures", ("b.jpg", gray_jpeg(8, 8))),
        ("pictures", ("c", b"x")),
    ]
    job = f"/api/jobs/{client.post('/api/jobs', files=pictures).json()['id']}"
    while (facts := client.get(job).json())["state"] != "done":
        time.sleep(0.02)
    assert [each["state"] for each in facts["files"]] == ["failed", "done", "failed"]
    assert "'a.jpg'" in facts["files"][0]["message"] and "traceback" in facts["files"][0]["message"]
    folder = server.service.jobs.find(job.rpartition("/")[2]).folder
    assert [path.name for path in folder.iterdir()] == ["1.result"]
    client.delete(job)


def test_an_upload_that_nobody_waits_for_any_more_leaves_no_folder(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    opened = Draft.__init__

    def slow(self: Draft, source: Path, **more: Any) -> None:
        begun.set()
        go.wait(20)
        (source.parent / "late").write_bytes(b"late") if source.parent.exists() else None
        opened(self, source, **more)

    monkeypatch.setattr(Draft, "__init__", slow)
    with running(ServeOptions(port=0, method=str(graph), timeout=0.3, ui=False)) as up:
        assert up.client.post("/api/drafts", files=PICTURE).status_code == 503
        assert begun.is_set() and folders(up) == 0
        go.set()
        end = time.monotonic() + 10
        while up.service.pool._running or folders(up):
            assert time.monotonic() < end
            time.sleep(0.01)


def test_one_draft_does_not_hold_the_workers_that_others_need(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three workers one asks about the slow draft, one makes its result, and one is left to the other."""
    go = threading.Event()
    slow: list[Draft] = []

    def waiting(method: Callable[..., bytes]) -> Callable[..., bytes]:
        return lambda draft, *given: (draft in slow and not go.wait(20)) or method(draft, *given)

    monkeypatch.setattr(Draft, "preview", waiting(Draft.preview))
    monkeypatch.setattr(Draft, "result", waiting(Draft.result))
    with (
        running(ServeOptions(port=0, method=str(graph), workers=3, ui=False)) as up,
        ThreadPoolExecutor(8) as many,
    ):
        busy, other = (up.client.post("/api/drafts", files=PICTURE).json()["id"] for _ in range(2))
        slow.append(up.service.desk._drafts[busy].draft)
        asked = ["preview"] * 4 + ["result"] * 2
        held = [many.submit(up.client.post, f"/api/drafts/{busy}/{action}", json={}) for action in asked]
        time.sleep(0.5)
        for action in ("preview", "look", "proposals"):
            body = {"x": 0.5, "y": 0.5} if action == "look" else {}
            assert up.client.post(f"/api/drafts/{other}/{action}", json=body, timeout=10).status_code == 200
        assert sorted(place.lane for place in up.service.pool._running) == ["person", "result"]
        go.set()
        assert [each.result().status_code for each in held] == [200] * 6


def test_all_that_is_done_with_a_draft_has_its_key(
    server: Running, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = client.post("/api/drafts", files=PICTURE).json()["id"]
    archive = client.post("/api/archives").json()["id"]
    keys: list[object] = []
    do = server.service.pool.do

    def noting(*given: Any, key: object = None, **more: Any) -> Any:
        keys.append(key)
        return do(*given, key=key, **more)

    monkeypatch.setattr(server.service.pool, "do", noting)
    routes = [
        path
        for path in client.get("/openapi.json").json()["paths"]
        if path.startswith("/api/drafts/{draft_id}/")
    ]
    for path in routes:
        body: dict[str, Any] = {"json": {"x": 0, "y": 0} if path.endswith("look") else {}}
        body = {"files": PICTURE} if path.endswith("references") else body
        body = {"json": {"archive": archive}} if path.endswith("pack") else body
        method = "GET" if path.endswith("gray") else "POST"
        answer = client.request(method, path.format(draft_id=draft), **(body if method == "POST" else {}))
        assert answer.status_code in {200, 201}, answer.text
    assert len(keys) == len(routes) >= 8
    assert set(keys) == {draft, (draft, "result")}
    client.delete(f"/api/drafts/{draft}")


def test_every_error_of_the_library_has_a_status_of_its_own_branch() -> None:
    """Each class directly below RechromaError is in the table, and so is each of the server's own."""
    known = set(statuses.STATUSES)
    assert set(RechromaError.__subclasses__()) <= known, "add the new branch to statuses.STATUSES"
    assert list(statuses.STATUSES)[-1] is RechromaError, "the base is asked last"
    order = list(statuses.STATUSES)
    for kind in order:
        assert not any(issubclass(kind, earlier) for earlier in order[: order.index(kind)]), (
            f"{kind} is never reached"
        )
    documented = {
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RechromaError)
    }
    for kind in documented - {RechromaError}:
        assert next(known for known in order if issubclass(kind, known)) is not RechromaError, kind
