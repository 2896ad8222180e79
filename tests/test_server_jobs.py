"""Jobs: many pictures, their progress, and what is left of them."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from PIL import Image

from conftest import encoded, gray_jpeg, scene

pytest.importorskip("fastapi")

import rechroma
from rechroma import batch
from rechroma.batch import job as one_job
from rechroma.server.options import ServeOptions
from rechroma.types import ColorizeOptions
from serving import Running, running


@pytest.fixture
def server(graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve with a temporary folder of its own, and hold that nothing is left in it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running(ServeOptions(port=0, method=str(graph), workers=2, ui=False, job_files=50)) as up:
        yield up
    assert list(tmp_path.iterdir()) == []


def start(client: httpx.Client, *pictures: tuple[str, bytes], **options: str) -> str:
    answer = client.post("/api/jobs", files=[("pictures", each) for each in pictures], data=options)
    assert answer.status_code == 202, answer.text
    assert answer.json()["total"] == len(pictures)
    return f"/api/jobs/{answer.json()['id']}"


def follow(client: httpx.Client, job: str) -> list[dict[str, Any]]:
    """Read the stream to its end."""
    with client.stream("GET", f"{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line and not line.startswith(":")]
    assert lines[::2] == ["event: progress"] * (len(lines) // 2)
    return [json.loads(line.removeprefix("data: ")) for line in lines[1::2]]


def test_a_job_is_followed_to_its_end_and_gives_what_the_library_gives(
    server: Running, options: ColorizeOptions
) -> None:
    given = [
        ("same name.jpg", gray_jpeg(40, 60)),
        ("same name.jpg", gray_jpeg(41, 60)),
        ("../../scan.png", encoded(scene(30, 30), "PNG")),
        ("notes.txt", b"no picture"),
    ]
    job = start(server.client, *given)
    events = follow(server.client, job)
    last = events[-1]
    assert (last["state"], last["total"], last["done"], last["failed"]) == ("done", 4, 3, 1)
    assert [event["done"] for event in events] == sorted(event["done"] for event in events)
    assert [each["name"] for each in last["files"]] == [name for name, _ in given]
    for (_, picture), each in zip(given[:3], last["files"], strict=False):
        answer = server.client.get(each["url"])
        assert answer.content == rechroma.colorize(picture, options)
    assert (
        'filename="scan.color.png"'
        in server.client.get(last["files"][2]["url"]).headers["content-disposition"]
    )
    failed = last["files"][3]
    assert failed["state"] == "failed" and failed["url"] is None and "no picture" in failed["message"]
    assert "rechroma-" not in failed["message"], "no path of the server in what a client reads"
    assert server.client.get(f"{job}/files/3").status_code == 404
    assert server.client.get(f"{job}/files/4").status_code == 404
    assert server.client.get(job).json() == last


def test_the_options_hold_for_every_picture(server: Running) -> None:
    job = start(server.client, *[(f"{n}.jpg", gray_jpeg(20, 20 + n)) for n in range(3)], format="png")
    follow(server.client, job)
    for number in range(3):
        assert server.client.get(f"{job}/files/{number}").headers["content-type"] == "image/png"


def test_a_job_that_is_deleted_stops_and_leaves_nothing(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, begun = threading.Event(), threading.Event()
    count: list[int] = []
    color = one_job.colorize_file

    def slow(*given: Any, **how: Any) -> Any:
        count.append(1)
        begun.set()
        go.wait(20)
        return color(*given, **how)

    monkeypatch.setattr(one_job, "colorize_file", slow)
    job = start(server.client, *[(f"{n}.jpg", gray_jpeg(20, 20)) for n in range(10)])
    assert begun.wait(10)
    with ThreadPoolExecutor(1) as one:
        following = one.submit(follow, server.client, job)
        time.sleep(0.3)
        assert server.client.delete(job).status_code == 204
        assert following.result()[-1]["state"] == "canceled"
    assert server.client.get(job).status_code == 404
    assert server.client.get(f"{job}/events").status_code == 404
    go.set()
    end = time.monotonic() + 10
    while any((tmp_path / folder).exists() for root in tmp_path.iterdir() for folder in root.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert sum(count) == 1, "of two workers, jobs leave one to people; what has not begun is not begun"


def test_a_mistake_of_ours_fails_one_picture_and_ends_the_job(
    server: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **how: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(one_job, "colorize_file", broken)
    last = follow(server.client, start(server.client, ("a.jpg", gray_jpeg(8, 8))))[-1]
    assert last["state"] == "done" and last["files"][0]["state"] == "failed"
    assert "a bug" not in last["files"][0]["message"] and "ZeroDivisionError: a bug" in caplog.text


def test_every_picture_is_a_batch_job_and_its_outcome_is_what_the_client_reads(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: dict[str, batch.Outcome] = {}
    do = batch.do

    def watched(job: batch.Job, options: ColorizeOptions) -> batch.Outcome:
        outcomes[job.source.stem] = do(job, options)
        return outcomes[job.source.stem]

    monkeypatch.setattr(batch, "do", watched)
    pages = encoded(scene(30, 30), "TIFF", save_all=True, append_images=[Image.fromarray(scene(30, 30))])
    given = [("a.jpg", gray_jpeg(20, 20)), ("b.jpg", b"no picture"), ("c.tif", pages)]
    files = follow(server.client, start(server.client, *given))[-1]["files"]
    came = [outcomes[str(number)] for number in range(3)]
    assert (
        [each["state"] for each in files]
        == [outcome.status for outcome in came]
        == ["done", "failed", "done"]
    )
    assert files[1]["message"] == came[1].message
    assert files[2]["message"] == "; ".join(came[2].warnings) != ""


def test_results_are_kept_for_their_time_only(graph: Path) -> None:
    with running(ServeOptions(port=0, method=str(graph), keep=0.5, ui=False)) as up:
        job = start(up.client, ("a.jpg", gray_jpeg(8, 8)))
        follow(up.client, job)
        assert up.client.get(f"{job}/files/0").status_code == 200
        time.sleep(1)
        assert up.client.get(f"{job}/files/0").status_code == 404


def test_a_stream_with_nothing_to_say_stays_open_and_ends_with_the_server(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.1)
    monkeypatch.setattr(
        one_job, "colorize_file", lambda *_, **how: go.wait(20) and SimpleNamespace(format="jpeg")
    )
    heard: list[str] = []

    def listen(address: str) -> None:
        with httpx.stream("GET", address, timeout=20) as stream:
            heard.extend(stream.iter_lines())

    with running(ServeOptions(port=0, method=str(graph), ui=False)) as up:
        job = start(up.client, ("a.jpg", gray_jpeg(8, 8)))
        listener = threading.Thread(target=listen, args=(f"{up.client.base_url}{job[1:]}/events",))
        listener.start()
        time.sleep(0.8)
        assert up.client.get(job).json()["state"] in {"queued", "running", "done"}
        go.set()
    listener.join(10)
    assert not listener.is_alive()
    assert heard.count(": ping") >= 1


def test_many_requests_side_by_side_each_get_their_own_picture(
    server: Running, options: ColorizeOptions
) -> None:
    pictures = [gray_jpeg(24 + n, 40) for n in range(12)]

    def color(picture: bytes) -> bytes:
        answer = server.client.post("/api/colorize", files={"picture": ("a.jpg", picture)})
        assert answer.status_code == 200
        return answer.content

    with ThreadPoolExecutor(12) as many:
        assert list(many.map(color, pictures)) == [rechroma.colorize(each, options) for each in pictures]
    assert server.service.pool.inside == 0


def test_nothing_that_was_uploaded_is_left_when_the_server_ends(server: Running, tmp_path: Path) -> None:
    draft = server.client.post("/api/drafts", files={"picture": ("x.jpg", gray_jpeg(20, 20))}).json()["id"]
    picture = {"picture": ("y.jpg", gray_jpeg(20, 20))}
    assert server.client.post(f"/api/drafts/{draft}/references", files=picture).status_code == 201
    start(server.client, ("z.jpg", gray_jpeg(20, 20)))
    stored = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert stored
    assert not [path for path in stored if path.suffix == ".jpg" or path.stem in {"x", "y", "z"}]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
