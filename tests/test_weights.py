"""Rows of weights.toml, the way to a verified file, and downloads against a server on this machine."""

import hashlib
import http.server
import multiprocessing
import threading
from pathlib import Path

import pytest

from rechroma import weights
from rechroma.errors import (
    ChecksumMismatch,
    Offline,
    OutputError,
    WeightsError,
    WeightsNotFound,
)
from rechroma.types import PredictOptions
from rechroma.weights import download as downloads

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TABLE = f"""
[[weights]]
name = "nettest.small"
url = "https://example.org/nettest.small.onnx"
sha256 = "{SHA256}"
bytes = {len(CONTENT)}
task = "colorize"
work_size = 256
multiple_of = 32
tiling = "never"
license = "Apache-2.0"
paper = "Nobody, Nothing, 2026"
card = "model_cards/nettest.md"
config = "configs/nettest.yaml"
defaults = {{ vividness = 0.5, temperature = 0.4 }}
metrics = {{ psnr = 24.5 }}
"""


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT at every path, keeps what it was asked, and can be told to misbehave."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []
        self.cut_after: list[int] = []  # bytes after which each of the next answers ends
        self.failing: list[int] = []  # statuses of the next answers
        self.ignores_ranges = False
        self.moved_to = ""
        self.content = CONTENT

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/nettest.onnx"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        if server.failing or server.moved_to:
            self.send_response(server.failing.pop(0) if server.failing else 302)
            self.send_header("Content-Length", "0")
            self.send_header("Location", server.moved_to)
            self.end_headers()
            return
        start = (
            int(asked.removeprefix("bytes=").removesuffix("-")) if asked and not server.ignores_ranges else 0
        )
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header(
                "Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}"
            )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.cut_after.pop(0)] if server.cut_after else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(downloads, "PAUSES", (0.0, 0.0, 0.0))
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RECHROMA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("RECHROMA_OFFLINE", raising=False)


def row_at(url: str, **changes: object) -> weights.Row:
    row = weights.parse(TABLE)[0]
    values = {name: getattr(row, name) for name in row.__slots__} | {"url": url} | changes
    return weights.Row(**values)


def leftovers(path: Path) -> set[str]:
    return {p.name for p in path.parent.iterdir()} - {path.name + ".lock"}


# rows


def test_a_row_is_read_with_its_defaults_and_metrics():
    (row,) = weights.parse(TABLE)
    assert row.name == "nettest.small"
    assert row.defaults == PredictOptions(vividness=0.5, temperature=0.4)
    assert row.metrics == {"psnr": 24.5}


def test_a_row_written_as_toml_reads_back_as_the_same_row():
    rows = weights.parse(
        TABLE + TABLE.replace("small", "large").replace("defaults", "#").replace("metrics", "#")
    )
    assert weights.parse("".join(map(weights.to_toml, rows))) == rows


def test_the_shipped_table_reads():
    assert isinstance(weights.rows(), tuple)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("license =", "licence =", "unknown field licence"),
        ("task =", "# task =", "field task is missing"),
        ("url =", "# url =", "neither file nor url"),
        (SHA256, "abc", "sha256 is 'abc'"),
        ('"never"', '"sometimes"', "tiling is 'sometimes'"),
        ("vividness = 0.5", "vividness = 5", "vividness is 5"),
        ("vividness = 0.5", "brightness = 5", "brightness"),
    ],
)
def test_a_row_that_is_wrong_is_refused_by_name(old, new, told):
    with pytest.raises(WeightsError, match=f"nettest.small: .*{told}"):
        weights.parse(TABLE.replace(old, new))


def test_two_rows_of_one_name_are_refused():
    with pytest.raises(WeightsError, match="twice: nettest.small"):
        weights.parse(TABLE + TABLE)


def test_an_architecture_alone_means_its_first_row():
    rows = weights.parse(TABLE + TABLE.replace("nettest.small", "nettest.large"))
    assert weights.find("nettest", rows).name == "nettest.small"
    assert weights.find("nettest.large", rows).name == "nettest.large"


def test_an_unknown_name_gets_the_nearest_names():
    with pytest.raises(WeightsNotFound, match=r"'netest\.smal'.*nettest\.small"):
        weights.find("netest.smal", weights.parse(TABLE))


# files on this machine


def test_a_shipped_file_is_verified(monkeypatch, tmp_path):
    monkeypatch.setattr(weights.files, "DATA", tmp_path)
    row = row_at("", file="a.onnx")
    with pytest.raises(WeightsNotFound, match=r"a\.onnx is missing"):
        weights.path_of(row)
    (tmp_path / "a.onnx").write_bytes(CONTENT)
    assert weights.path_of(row) == tmp_path / "a.onnx"
    (tmp_path / "a.onnx").write_bytes(CONTENT + b"!")
    with pytest.raises(ChecksumMismatch, match=f"expected {SHA256}"):
        weights.path_of(row)


def test_a_file_put_into_the_cache_by_hand_needs_no_network(monkeypatch):
    monkeypatch.setenv("RECHROMA_OFFLINE", "1")
    row = row_at("https://example.org/a.onnx")
    path = weights.local_path(row)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert weights.path_of(row) == path


def test_a_digest_is_computed_once_while_the_file_stays_as_it_is(monkeypatch, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(CONTENT)
    weights.files._digest.cache_clear()
    assert weights.digest(path) == weights.digest(path) == SHA256
    assert weights.files._digest.cache_info().hits == 1
    path.write_bytes(b"")
    assert weights.digest(path) == hashlib.sha256(b"").hexdigest()


# downloads


def test_a_download_is_verified_and_leaves_nothing_else_behind(server):
    seen = []
    path = weights.path_of(row_at(server.url), progress=lambda have, size: seen.append((have, size)))
    assert path.read_bytes() == CONTENT
    assert leftovers(path) == {path.name}
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(seen) == seen


def test_a_file_is_downloaded_once(server):
    assert weights.path_of(row_at(server.url)) == weights.path_of(row_at(server.url))
    assert server.asked == [None]


def test_a_cut_connection_is_resumed_where_it_ended(server):
    server.cut_after = [300_000, 100_000]
    path = weights.path_of(row_at(server.url))
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-", "bytes=400000-"]


def test_what_has_come_is_kept_for_the_next_call(server):
    server.cut_after = [1000, 1000, 1000, 1000]
    row = row_at(server.url)
    with pytest.raises(WeightsError, match=f"failed 4 times.*4000 of {len(CONTENT)} bytes are kept"):
        weights.path_of(row)
    assert weights.path_of(row).read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=4000-"


def test_a_server_that_cannot_resume_is_read_from_the_start(server):
    server.cut_after = [300_000]
    server.ignores_ranges = True
    assert weights.path_of(row_at(server.url)).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_range_refused_is_read_from_the_start(server):
    row = row_at(server.url)
    part = weights.local_path(row).with_suffix(".onnx.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 10)
    server.failing = [416]
    assert weights.path_of(row).read_bytes() == CONTENT
    assert server.asked == ["bytes=10-", None]


@pytest.mark.parametrize("left", [len(CONTENT) + 5, len(CONTENT)])
def test_a_wrong_part_is_not_taken_for_the_file(server, left):
    row = row_at(server.url)
    part = weights.local_path(row).with_suffix(".onnx.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * left)
    if left == len(CONTENT):
        with pytest.raises(ChecksumMismatch):
            weights.path_of(row)
    assert weights.path_of(row).read_bytes() == CONTENT


def test_a_wrong_hash_is_told_and_the_file_removed(server):
    server.content = b"!" + CONTENT[1:]
    path = weights.local_path(row_at(server.url))
    with pytest.raises(ChecksumMismatch, match=f"expected {SHA256}"):
        weights.path_of(row_at(server.url))
    assert leftovers(path) == set()


def test_a_file_that_is_too_long_is_told_and_removed(server):
    server.content = CONTENT + b"!"
    path = weights.local_path(row_at(server.url))
    with pytest.raises(ChecksumMismatch, match=f"longer than the {len(CONTENT)} bytes"):
        weights.path_of(row_at(server.url))
    assert leftovers(path) == set()


def test_a_damaged_file_in_the_cache_is_downloaded_again(server):
    row = row_at(server.url)
    path = weights.path_of(row)
    path.write_bytes(CONTENT[:-1])
    assert weights.path_of(row).read_bytes() == CONTENT


def test_offline_refuses_and_says_where_the_file_would_go(server, monkeypatch):
    monkeypatch.setenv("RECHROMA_OFFLINE", "1")
    row = row_at(server.url)
    with pytest.raises(Offline, match=r"RECHROMA_OFFLINE is set.*1\.0 MB.*put that file at") as caught:
        weights.path_of(row)
    assert str(weights.local_path(row)) in str(caught.value)
    assert server.asked == []


def test_offline_a_damaged_file_is_told(monkeypatch):
    monkeypatch.setenv("RECHROMA_OFFLINE", "1")
    row = row_at("https://example.org/a.onnx")
    path = weights.local_path(row)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(ChecksumMismatch, match="damaged"):
        weights.path_of(row)


def test_a_passing_fault_is_tried_again(server):
    server.failing = [503, 429]
    assert weights.path_of(row_at(server.url)).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(server, status):
    server.failing = [status]
    with pytest.raises(WeightsError, match=f"refused: HTTP {status}"):
        weights.path_of(row_at(server.url))
    assert len(server.asked) == 1


def test_a_server_that_is_not_there_is_told_after_bounded_attempts(server):
    url = server.url
    server.shutdown()
    server.server_close()
    with pytest.raises(WeightsError, match="failed 4 times"):
        weights.path_of(row_at(url))


@pytest.mark.parametrize(
    "url",
    ["http://example.org/a", "ftp://example.org/a", "file:///etc/passwd", "http://127.0.0.1.example.org/"],
)
def test_only_https_is_followed_beyond_this_machine(url):
    with pytest.raises(WeightsError, match="accepted: https"):
        weights.path_of(row_at(url))


def test_a_redirection_to_plain_http_is_not_followed(server):
    server.moved_to = "http://example.org/a.onnx"
    with pytest.raises(WeightsError, match="accepted: https"):
        weights.path_of(row_at(server.url))


def test_a_cache_that_cannot_be_written_is_told(server, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("RECHROMA_CACHE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="RECHROMA_CACHE"):
        weights.path_of(row_at(server.url))


def _fetch(url: str) -> str:
    return hashlib.sha256(weights.path_of(row_at(url)).read_bytes()).hexdigest()


def test_processes_and_threads_at_once_get_one_whole_file(server):
    server.cut_after = [300_000]
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    processes = [context.Process(target=_fetch_into, args=(server.url, found)) for _ in range(2)]
    threads = [threading.Thread(target=lambda: found.put(_fetch(server.url))) for _ in range(3)]
    for runner in (*processes, *threads):
        runner.start()
    for runner in (*processes, *threads):
        runner.join()
    assert [found.get(timeout=10) for _ in range(5)] == [SHA256] * 5
    assert server.asked == [None, "bytes=300000-"]


def _fetch_into(url: str, found: "multiprocessing.Queue[str]") -> None:
    found.put(_fetch(url))
