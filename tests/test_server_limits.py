"""What the server refuses: sizes, crowds, strangers, and how it says so."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from conftest import encoded, gray_jpeg, scene

pytest.importorskip("fastapi")

from rechroma import pipeline
from rechroma.errors import OptionError
from rechroma.server import guard, statuses
from rechroma.server.guard import MARGIN
from rechroma.server.listen import KEEP_ALIVE
from rechroma.server.options import ServeOptions
from serving import Running, running

TOKEN = "0123456789abcdef"
OTHER = "http://evil.example"


@pytest.fixture(scope="module")
def limits(graph: Path) -> ServeOptions:
    return ServeOptions(
        port=0,
        method=str(graph),
        workers=1,
        queue=2,
        max_bytes=50_000,
        max_megapixels=0.05,
        drafts=2,
        references=1,
        jobs=1,
        job_files=3,
        job_bytes=200_000,
        ui=False,
    )


@pytest.fixture(scope="module")
def server(limits: ServeOptions) -> Iterator[Running]:
    with running(limits) as up:
        yield up


@pytest.fixture
def client(server: Running) -> httpx.Client:
    return server.client


@pytest.fixture(scope="module")
def guarded(limits: ServeOptions) -> Iterator[Running]:
    with running(replace(limits, token=TOKEN)) as up:
        yield up


class Held:
    """Coloring that waits."""

    def __init__(self) -> None:
        self.begun = 0
        self._go = threading.Event()

    def __call__(self, source: bytes, options: object) -> bytes:
        self.begun += 1
        self._go.wait(20)
        return gray_jpeg(8, 8)

    def release(self) -> None:
        self._go.set()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Have every coloring wait until it is released."""
    slow = Held()
    monkeypatch.setattr(pipeline, "colorize_to_bytes", slow)
    yield slow
    slow.release()


def color(client: httpx.Client, picture: bytes | None = None, **more: Any) -> httpx.Response:
    files = {"picture": ("a.jpg", gray_jpeg(16, 16) if picture is None else picture)}
    return client.post("/api/colorize", files=files, **more)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def refused(answer: httpx.Response, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.json()["message"]


def test_too_many_bytes_are_413_before_they_are_read(client: httpx.Client) -> None:
    refused(color(client, b"x" * (MARGIN + 60_000)), 413, "BodyTooLarge")
    refused(color(client, b"x" * 60_000), 413, "BodyTooLarge")
    refused(client.post("/api/drafts/x/look", json={"x": 0, "hints": "x" * 60_000}), 413, "BodyTooLarge")


def test_too_many_bytes_without_a_length_are_413_as_they_come(server: Running) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'
        for _ in range(40):
            sent += 100_000
            yield b"x" * 100_000
        yield b"\r\n--x--\r\n"

    headers = {"content-type": "multipart/form-data; boundary=x"}
    refused(server.client.post("/api/colorize", content=endless(), headers=headers), 413, "BodyTooLarge")


def test_a_body_that_stands_still_or_crawls_is_given_up(
    limits: ServeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "IDLE", 0.3)

    def drops(pause: float, count: int) -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'
        for _ in range(count):
            yield b"x"
            time.sleep(pause)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    with running(limits) as up:
        for body in (drops(0.6, 2), drops(0.05, 20)):
            answer = up.client.post("/api/colorize", content=body, headers=headers)
            refused(answer, 503, "TimedOut")
        until(lambda: up.service.pool.inside == 0)


def test_fields_are_few_and_short(client: httpx.Client) -> None:
    many = {f"field{n}": "1" for n in range(40)}
    refused(color(client, data=many), 400, "BadRequest")


def test_too_many_pixels_are_413_before_they_are_decoded(client: httpx.Client) -> None:
    refused(color(client, encoded(scene(300, 300), "JPEG", quality=40)), 413, "TooLarge")
    draft = client.post("/api/drafts", files={"picture": ("a.png", encoded(scene(300, 300), "PNG"))})
    refused(draft, 413, "TooLarge")


@pytest.mark.parametrize(
    "fields",
    [
        {"vividness": "1.5"},
        {"temperature": "0"},
        {"saturation": "nan"},
        {"quality": "101"},
        {"refine": "magic"},
        {"format": "gif"},
        {"provenance": "perhaps"},
        {"device": "cuda"},
        {"max_megapixels": "1000"},
        {"reference_library": "/"},
        {"references": "/etc/passwd"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_options_out_of_range_or_not_for_clients_are_422(
    client: httpx.Client, fields: dict[str, str]
) -> None:
    refused(color(client, data=fields), 422, "InvalidRequest")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"rechroma_hints": 2}', '{"rechroma_hints": 1, "points": [{"x": 2}]}']
)
def test_hints_that_are_none_are_422(client: httpx.Client, text: str) -> None:
    answer = color(client, data={"hints": text})
    assert answer.status_code == 422 and answer.json()["error"] in {"InputError", "OptionError"}


def test_a_graph_on_the_server_is_no_method_for_clients(client: httpx.Client, graph: Path) -> None:
    for name in (str(graph), "../x.onnx", "nettest", "file:///etc/passwd"):
        refused(color(client, data={"method": name}), 404, "UnknownMethod")


def test_too_many_references_are_422(client: httpx.Client) -> None:
    picture = ("r.png", encoded(scene(20, 20), "PNG"))
    answer = client.post(
        "/api/colorize",
        files=[("picture", ("a.jpg", gray_jpeg(16, 16))), ("reference", picture), ("reference", picture)],
    )
    refused(answer, 422, "OptionError")
    draft = client.post("/api/drafts", files={"picture": picture}).json()["id"]
    for status in (201, 422):
        answer = client.post(f"/api/drafts/{draft}/references", files={"picture": picture})
        assert answer.status_code == status


def test_a_full_queue_is_503_with_a_time_to_come_back(
    server: Running, held: Held, limits: ServeOptions
) -> None:
    pool = server.service.pool
    with ThreadPoolExecutor(8) as many:
        first = [many.submit(color, server.client) for _ in range(pool.places)]
        until(lambda: pool.inside == pool.places)
        answer = color(server.client)
        refused(answer, 503, "QueueFull")
        assert int(answer.headers["retry-after"]) > 0
        assert server.client.get("/healthz").json()["waiting"] == limits.queue
        assert held.begun == 1, "one worker begins one picture"
        held.release()
        assert [each.result().status_code for each in first] == [200] * pool.places
    until(lambda: pool.inside == 0)


def test_work_that_takes_too_long_is_503(limits: ServeOptions, held: Held) -> None:
    with running(replace(limits, timeout=0.3)) as up:
        answer = color(up.client)
        refused(answer, 503, "TimedOut")
        assert int(answer.headers["retry-after"]) > 0
        held.release()


def test_a_client_that_leaves_frees_its_place(server: Running, held: Held) -> None:
    pool = server.service.pool
    with ThreadPoolExecutor(1) as one:
        staying = one.submit(color, server.client)
        until(lambda: held.begun == 1)
        with (
            httpx.Client(base_url=server.client.base_url, timeout=0.3) as hasty,
            pytest.raises(httpx.ReadTimeout),
        ):
            color(hasty)
        until(lambda: pool.inside == 1)
        held.release()
        assert staying.result().status_code == 200
    assert held.begun == 1, "what nobody waits for is not begun"


def test_more_drafts_than_fit_close_the_one_unused_for_longest(client: httpx.Client) -> None:
    picture = {"picture": ("a.jpg", gray_jpeg(16, 16))}
    first, second = (client.post("/api/drafts", files=picture).json()["id"] for _ in range(2))
    assert client.get(f"/api/drafts/{first}/gray").status_code == 200
    third = client.post("/api/drafts", files=picture).json()["id"]
    found = [client.get(f"/api/drafts/{key}/gray").status_code for key in (first, second, third)]
    assert found == [200, 404, 200]


def test_more_unfinished_jobs_than_fit_are_429(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    monkeypatch.setattr(
        "rechroma.batch.job.colorize_file", lambda *_, **how: go.wait(20) and SimpleNamespace(format="jpeg")
    )
    files = [("pictures", ("a.jpg", gray_jpeg(16, 16)))]
    job = client.post("/api/jobs", files=files).json()["id"]
    answer = client.post("/api/jobs", files=files)
    refused(answer, 429, "TooMany")
    assert int(answer.headers["retry-after"]) > 0
    go.set()
    until(lambda: client.get(f"/api/jobs/{job}").json()["state"] == "done")
    assert client.post("/api/jobs", files=files).status_code == 202
    refused(client.get(f"/api/jobs/{job}"), 404, "NotFound")


def test_a_job_of_too_many_pictures_is_refused(client: httpx.Client) -> None:
    files = [("pictures", (f"{n}.jpg", gray_jpeg(8, 8))) for n in range(4)]
    assert client.post("/api/jobs", files=files).status_code in {400, 422}
    big = [("pictures", ("a.jpg", b"x" * 60_000))]
    refused(client.post("/api/jobs", files=big), 413, "BodyTooLarge")


@pytest.mark.parametrize(
    "given", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}]
)
def test_without_the_token_the_api_is_401(guarded: Running, given: dict[str, str]) -> None:
    for method, path in (("GET", "/api/models"), ("POST", "/api/colorize"), ("DELETE", "/api/jobs/x")):
        answer = guarded.client.request(method, path, headers=given)
        refused(answer, 401, "TokenNeeded")
        assert answer.headers["www-authenticate"] == "Bearer"
    refused(guarded.client.get("/api/models?token=0123456789abcdeF"), 401, "TokenNeeded")
    for path in ("/healthz", "/api/server", "/openapi.json", "/docs"):
        assert guarded.client.get(path, headers=given).status_code == 200


def test_with_the_token_the_api_answers(guarded: Running) -> None:
    assert guarded.client.get("/api/models", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert guarded.client.get("/api/models", params={"token": TOKEN}).status_code == 200
    assert guarded.address.endswith(f"/?token={TOKEN}")
    assert guarded.client.get("/api/server").json()["token_required"] is True


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "192.168.1.5", "127.0.0.1.evil.example", "", "[::2]"]
)
def test_a_host_that_is_not_ours_is_403(client: httpx.Client, host: str) -> None:
    refused(client.get("/", headers={"host": host}), 403, "NotAllowed")


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "127.0.0.1:1", "[::1]:80", "LOCALHOST"])
def test_a_host_that_is_this_machine_is_ours(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_a_name_that_was_given_is_ours_too(limits: ServeOptions) -> None:
    with running(replace(limits, names=("Photos.example",), token=TOKEN)) as up:
        assert up.client.get("/healthz", headers={"host": "photos.example"}).status_code == 200
        refused(up.client.get("/healthz", headers={"host": "evil.example"}), 403, "NotAllowed")


def test_changes_from_another_site_are_403(client: httpx.Client, server: Running) -> None:
    own = str(client.base_url).rstrip("/")
    for origin in (OTHER, "null", "http://localhost:1"):
        refused(color(client, headers={"origin": origin}), 403, "NotAllowed")
        refused(client.delete("/api/drafts/x", headers={"origin": origin}), 403, "NotAllowed")
    assert color(client, headers={"origin": own}).status_code == 200
    refused(client.get("/api/models", headers={"sec-fetch-site": "cross-site"}), 403, "NotAllowed")
    assert client.get("/healthz", headers={"sec-fetch-site": "cross-site"}).status_code == 200
    allowed = client.get("/api/models", headers={"origin": own}).headers
    assert not [name for name in allowed if name.startswith("access-control")]


def test_an_address_that_others_reach_needs_a_token() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "photos.example"):
        with pytest.raises(OptionError, match="openssl rand"):
            ServeOptions(host=host)
        assert ServeOptions(host=host, token=TOKEN).token == TOKEN
    for host in ("127.0.0.1", "localhost", "::1", "127.0.0.2"):
        assert ServeOptions(host=host).token is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 70000},
        {"token": "short"},
        {"workers": -1},
        {"queue": -1},
        {"drafts": 0},
        {"timeout": 0.0},
        {"max_bytes": 0},
        {"max_megapixels": -1.0},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_option_says_what_is_accepted(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="accepted"):
        ServeOptions(**wrong)


def test_a_port_that_is_taken_is_an_option_error(graph: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OptionError, match="--port"),
        running(ServeOptions(port=taken.getsockname()[1])),
    ):
        pass


def test_who_comes_back_when_told_to_finds_the_connection_open() -> None:
    assert 2 * max(statuses.RETRY_AFTER.values()) <= KEEP_ALIVE
