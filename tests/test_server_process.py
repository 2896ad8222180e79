"""The command `rechroma serve` as a process: it starts, says where, and ends cleanly."""

import asyncio
import dataclasses
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from PIL import Image

from conftest import gray_jpeg, scene

pytest.importorskip("fastapi")

from rechroma import server
from rechroma.errors import MissingExtra, OptionError
from rechroma.server.options import ServeOptions, share_cores
from rechroma.server.pool import Pool
from rechroma.server.statuses import InternalError, QueueFull


@pytest.fixture
def process(graph: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "rechroma",
        "serve",
        "--port",
        "0",
        "--method",
        str(graph),
    ]
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as started:
        yield started
        started.kill()


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().split()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_streams_and_removes_what_was_uploaded(
    process: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    address = address_of(process)
    with httpx.Client(base_url=address, timeout=30) as client:
        picture = gray_jpeg(600, 800)
        client.post("/api/drafts", files={"picture": ("a.jpg", picture)})
        many = [("pictures", (f"{n}.jpg", picture)) for n in range(80)]
        job = client.post("/api/jobs", files=many).json()["id"]
        torn = {"content-type": "multipart/form-data; boundary=x"}
        assert client.post("/api/drafts", content=b"--x\r\nno header", headers=torn).status_code == 400
        following, ended = threading.Event(), threading.Event()

        def follow() -> None:
            with httpx.stream("GET", f"{address}api/jobs/{job}/events", timeout=30) as stream:
                for _ in stream.iter_lines():
                    following.set()
            ended.set()

        follower = threading.Thread(target=follow)
        follower.start()
        assert following.wait(20)
        assert list(tmp_path.iterdir())
        process.send_signal(how)
        _, said = process.communicate(timeout=30)
        follower.join(10)
    assert ended.is_set(), "the stream came to its end"
    assert process.returncode in {0, -how}
    assert said == ""
    assert list(tmp_path.iterdir()) == []


def test_what_to_know_of_a_picture_is_told_with_it(process: subprocess.Popen[str]) -> None:
    pages = [Image.fromarray(scene(20, 30)), Image.fromarray(scene(20, 30))]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    with httpx.Client(base_url=address_of(process), timeout=30) as client:
        picture = ("scan.tif", file.getvalue())
        (note,) = client.post("/api/drafts", files={"picture": picture}).json()["notes"]
        answer = client.post("/api/colorize", files={"picture": picture})
        job = client.post("/api/jobs", files=[("pictures", picture)]).json()["id"]
        while (facts := client.get(f"/api/jobs/{job}").json())["state"] != "done":
            time.sleep(0.05)
    assert "first" in note
    assert unquote(answer.headers["rechroma-notes"]) == note
    assert facts["files"][0]["state"] == "done" and facts["files"][0]["message"] == note


WATCHED = """
import asyncio, httpx, sys
from opentelemetry import _logs, metrics, trace

class Told(trace.TracerProvider, metrics.MeterProvider, _logs.LoggerProvider):
    def get_tracer(self, *_, **__): raise SystemExit("traced")
    def get_meter(self, *_, **__): raise SystemExit("measured")
    def get_logger(self, *_, **__): raise SystemExit("logged")

trace.set_tracer_provider(Told()), metrics.set_meter_provider(Told()), _logs.set_logger_provider(Told())
from rechroma.server import ServeOptions, make_app

async def main():
    app = make_app(ServeOptions())
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            print((await client.get("/healthz")).status_code, (await client.post("/api/plane?a=b")).status_code)

asyncio.run(main())
"""


def test_nothing_is_reported_to_anybody_whatever_the_environment_says(graph: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        collector.settimeout(0.1)
        env = {
            **os.environ,
            "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.getsockname()[1]}",
        }
        done = subprocess.run(
            [sys.executable, "-c", WATCHED], env=env, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "200 405\n", "")
        command = [sys.executable, "-m", "rechroma", "serve", "--port", "0", "--method", str(graph)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as started:
            assert httpx.get(f"{address_of(started)}healthz").status_code == 200
            started.terminate()
        with pytest.raises(TimeoutError):
            collector.accept()


def test_every_option_of_the_command_is_in_the_documentation() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    page = (Path(__file__).parents[1] / "docs" / "server.md").read_text(encoding="utf-8")
    command = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    for param in command.params:
        assert any(flag in page for flag in (*param.opts, *param.secondary_opts)) or param.name == "help"


def test_the_command_has_the_options_of_the_server() -> None:
    from typer.main import get_command

    from rechroma.cli import app

    command = get_command(app).commands["serve"]  # type: ignore[attr-defined]
    given = {param.name: param.default for param in command.params if param.name != "help"}
    fields = {field.name: field.default for field in dataclasses.fields(ServeOptions)}
    assert {name: value if name != "names" else tuple(value or ()) for name, value in given.items()} == fields


def test_an_open_address_without_a_token_is_refused_by_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from rechroma.cli import main

    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--token" in capsys.readouterr().err


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"rechroma\[server\]"):
        server.serve(ServeOptions())


def test_workers_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.delenv("RECHROMA_THREADS", raising=False)
    assert share_cores(ServeOptions()) == (5, 1)
    assert share_cores(ServeOptions(workers=2)) == (2, 2)


def test_a_pool_takes_only_so_many_and_frees_every_place() -> None:
    async def main() -> None:
        pool = Pool(workers=2, queue=1)
        with pool.entered(), pool.entered(), pool.entered():
            with pytest.raises(QueueFull, match="come back"), pool.entered():
                pass
            assert pool.waiting == 3
        assert pool.inside == 0
        await pool.close()

    asyncio.run(main())


def lanes(pool: Pool) -> list[str]:
    """Tell for whom the workers work, in the order in which they began."""
    return [place.lane for place in pool._running]


def test_people_come_before_jobs_which_leave_them_a_worker() -> None:
    order: list[str] = []
    go = threading.Event()

    async def main() -> None:
        pool = Pool(workers=2, queue=10)

        def work(name: str) -> None:
            go.wait(10)
            order.append(name)

        jobs = [asyncio.create_task(pool.do(lambda n=n: work(f"job {n}"), "job")) for n in range(3)]
        await asyncio.sleep(0.05)
        assert lanes(pool) == ["job"]
        people = [asyncio.create_task(pool.do(lambda n=n: work(f"person {n}"))) for n in range(3)]
        await asyncio.sleep(0.05)
        assert lanes(pool) == ["job", "person"]
        go.set()
        await asyncio.gather(*jobs, *people)
        assert lanes(pool) == []
        await pool.close()

    asyncio.run(main())
    assert order.index("person 2") < order.index("job 2")


def test_work_with_one_key_waits_for_its_end_and_holds_no_worker_meanwhile() -> None:
    go = threading.Event()
    done: list[str] = []

    async def main() -> None:
        pool = Pool(workers=2, queue=10)

        def work(name: str) -> None:
            assert name == "other draft" or go.wait(10)
            done.append(name)

        same = [asyncio.create_task(pool.do(lambda n=n: work(n), key="draft")) for n in ("1", "2", "3")]
        await asyncio.sleep(0.05)
        assert lanes(pool) == ["person"]
        await pool.do(lambda: work("other draft"), key="other")
        same[0].cancel()
        await asyncio.sleep(0.05)
        assert lanes(pool) == ["person"], "what has begun goes on, and keeps its key"
        same[1].cancel()
        await asyncio.sleep(0)
        go.set()
        await same[2]
        await pool.close()
        await asyncio.sleep(0)
        assert lanes(pool) == [] == pool._waiting

    asyncio.run(main())
    assert done == ["other draft", "1", "3"]


def test_full_size_results_leave_a_worker_to_the_screens_and_come_before_jobs() -> None:
    order: list[str] = []
    go = threading.Event()

    async def main() -> None:
        pool = Pool(workers=2, queue=10)

        def work(name: str) -> None:
            go.wait(10)
            order.append(name)

        first = asyncio.create_task(pool.do(lambda: work("first result"), "result", key="a"))
        job = asyncio.create_task(pool.do(lambda: work("job"), "job"))
        second = asyncio.create_task(pool.do(lambda: work("second result"), "result", key="b"))
        await asyncio.sleep(0.05)
        assert lanes(pool) == ["result"]
        await pool.do(lambda: order.append("screen"))
        go.set()
        await asyncio.gather(first, job, second)
        await pool.close()

    asyncio.run(main())
    assert order == ["screen", "first result", "second result", "job"]


def test_who_gives_up_waiting_gives_back_the_place() -> None:
    go = threading.Event()
    begun: list[str] = []

    async def main() -> None:
        pool = Pool(workers=1, queue=10)
        first = asyncio.create_task(pool.do(lambda: go.wait(10)))
        waiting = [asyncio.create_task(pool.do(lambda n=n: begun.append(n))) for n in "abc"]
        await asyncio.sleep(0.05)
        waiting[1].cancel()
        go.set()
        await asyncio.gather(first, waiting[0], waiting[2])
        assert waiting[1].cancelled()
        assert lanes(pool) == []
        await pool.close()

    asyncio.run(main())
    assert begun == ["a", "c"]


def test_an_error_of_the_work_is_the_callers_and_frees_the_worker(caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise OptionError("no")

    async def main() -> None:
        pool = Pool(workers=1, queue=0)
        for _ in range(3):
            with pytest.raises(OptionError, match="no"):
                await pool.do(refuse)
        assert not caplog.records
        with pytest.raises(InternalError, match=r"with 'old\.jpg'; its log has the traceback"):
            await pool.do(lambda: 1 // 0, name="old.jpg")
        assert "old.jpg" in caplog.text and "ZeroDivisionError" in caplog.text
        assert await pool.do(lambda: 7) == 7
        await pool.close()

    asyncio.run(main())
