"""Archives: many results as one ZIP, whatever the pictures are called and however large they are."""

import io
import json
import shutil
import subprocess
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import encoded, gray_jpeg, scene

pytest.importorskip("fastapi")

import rechroma
from rechroma import hints
from rechroma.server import zipping
from rechroma.server.options import ServeOptions
from rechroma.server.zipping import Entry
from rechroma.types import ColorizeOptions
from serving import Running, running

RED = {"rechroma_hints": 1, "points": [{"x": 0.35, "y": 0.55, "color": "#c03020", "radius": 0.08}]}


@pytest.fixture
def server(graph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Serve with a temporary folder of its own, and hold that nothing is left in it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    limits = ServeOptions(
        port=0, method=str(graph), workers=2, ui=False, jobs=2, job_files=4, archive_bytes=200_000, drafts=2
    )
    with running(limits) as up:
        yield up
    assert list(tmp_path.iterdir()) == []


def begin(client: httpx.Client) -> str:
    answer = client.post("/api/archives")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def opened(client: httpx.Client, name: str, picture: bytes) -> str:
    answer = client.post("/api/drafts", files={"picture": (name, picture)})
    assert answer.status_code == 201, answer.text
    return f"/api/drafts/{answer.json()['id']}"


def pack(client: httpx.Client, archive: str, name: str, picture: bytes, **wanted: object) -> httpx.Response:
    draft = opened(client, name, picture)
    answer = client.post(f"{draft}/pack", json={"archive": archive} | wanted)
    client.delete(draft)
    return answer


def test_an_archive_has_every_picture_as_the_library_colors_it_and_its_hints(
    server: Running, options: ColorizeOptions
) -> None:
    client = server.client
    archive = begin(client)
    job = client.post(
        "/api/jobs", files=[("pictures", ("Öl 日本.tif", encoded(scene(20, 30), "TIFF")))]
    ).json()
    given = [
        ("old.jpg", gray_jpeg(40, 60)),
        ("OLD.JPG", gray_jpeg(41, 60)),
        ("scan.png", encoded(scene(30, 30), "PNG")),
    ]
    for name, picture in given:
        answer = pack(client, archive, name, picture, hints=RED, options={"warmth": 0.2})
        assert answer.status_code == 201, answer.text
    while client.get(f"/api/jobs/{job['id']}").json()["state"] != "done":
        time.sleep(0.02)
    packed = client.post(f"/api/jobs/{job['id']}/pack", json={"archive": archive, "numbers": [0]})
    assert packed.json() == {"files": ["Öl 日本.color.tif"], "notes": []}
    client.delete(f"/api/jobs/{job['id']}")
    answer = client.get(f"/api/archives/{archive}")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="rechroma.zip"')
    assert int(answer.headers["content-length"]) == len(answer.content)
    found = zipfile.ZipFile(io.BytesIO(answer.content))
    assert found.testzip() is None
    assert found.namelist() == [
        "old.color.jpg",
        "old.hints.json",
        "OLD (2).color.JPG",
        "OLD (2).hints.json",
        "scan.color.png",
        "scan.hints.json",
        "Öl 日本.color.tif",
    ]
    assert {each.compress_type for each in found.infolist()} == {zipfile.ZIP_STORED}
    marks = hints.from_json(found.read("old.hints.json").decode())
    assert marks == hints.from_json(json.dumps(RED))
    wanted = replace(options, warmth=0.2, hints=marks)
    for (_, picture), name in zip(given, found.namelist()[::2], strict=False):
        assert found.read(name) == rechroma.colorize(picture, wanted)
    assert found.read("Öl 日本.color.tif") == rechroma.colorize(encoded(scene(20, 30), "TIFF"), options)


def test_a_picture_that_fails_costs_no_other(server: Running) -> None:
    client = server.client
    archive = begin(client)
    assert pack(client, archive, "a.jpg", gray_jpeg(16, 16)).status_code == 201
    lost = client.post("/api/drafts/gone/pack", json={"archive": archive})
    assert (lost.status_code, lost.json()["error"]) == (404, "NotFound")
    layers = {"rechroma_hints": 1, "layers": ["bm8gcGljdHVyZQ=="]}
    bad = pack(client, archive, "b.jpg", gray_jpeg(16, 16), hints=layers)
    assert (bad.status_code, bad.json()["error"]) == (422, "UnreadableImage")
    found = zipfile.ZipFile(io.BytesIO(client.get(f"/api/archives/{archive}").content))
    assert found.namelist() == ["a.color.jpg"]


def test_an_archive_is_bounded_and_makes_room(server: Running) -> None:
    client = server.client
    first, second = begin(client), begin(client)
    for number in range(4):
        assert pack(client, second, f"{number}.jpg", gray_jpeg(8, 8)).status_code == 201
    full = pack(client, second, "5.jpg", gray_jpeg(8, 8))
    assert (full.status_code, full.json()["error"]) == (429, "TooMany")
    assert "4 pictures" in full.json()["message"]
    third = begin(client)
    assert client.get(f"/api/archives/{first}").status_code == 404, "the oldest made room"
    large = pack(client, third, "a.png", encoded(noise(300, 400), "PNG"))
    assert (large.status_code, large.json()["error"]) == (429, "TooMany")
    assert client.delete(f"/api/archives/{third}").status_code == 204
    assert client.get(f"/api/archives/{third}").status_code == 404
    assert client.post("/api/drafts/x/pack", json={"archive": third}).json()["error"] == "NotFound"


def test_a_client_that_goes_away_leaves_the_archive_whole(server: Running) -> None:
    client = server.client
    archive = begin(client)
    pack(client, archive, "a.png", encoded(scene(150, 200), "PNG"))
    kept = server.service.archives._archives[archive]
    kept.entries *= 2000  # 40 MB, more than the way holds
    with client.stream("GET", f"/api/archives/{archive}") as answer:
        coming = answer.iter_raw(1000)
        assert len(next(coming)) == 1000
        assert kept.users == 1
        assert client.delete(f"/api/archives/{archive}").status_code == 204
        assert kept.folder.exists(), "it is being fetched"
    end = time.monotonic() + 10
    while kept.users or kept.folder.exists():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "C:\\Users\\me\\a.jpg",
        "/",
        "..",
        "a/../../b.png",
        "x" * 1000 + ".jpg",
        "日" * 300 + ".jpg",
        "",
    ],
)
def test_no_name_leads_out_of_the_folder_where_an_archive_is_unpacked(
    name: str, tmp_path: Path, server: Running
) -> None:
    archive = begin(server.client)
    names = pack(server.client, archive, name or "?", gray_jpeg(8, 8), hints=RED).json()["files"]
    assert len(names) == 2
    for each in names:
        assert Path(each).name == each == each.strip() and not set(each) & set('/\\:*?"<>|')
        assert len(each.encode()) <= zipping.LONGEST_NAME


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 255, (height, width), np.uint8)


def entries(folder: Path, *contents: bytes) -> list[Entry]:
    found = []
    for number, content in enumerate(contents):
        (folder / str(number)).write_bytes(content)
        found.append(zipping.entry_of(folder / str(number), f"{number} é.jpg"))
    return found


def test_a_zip_is_one_that_others_unpack(tmp_path: Path) -> None:
    given = entries(tmp_path, b"abc" * 200_000, b"", b"x")
    whole = b"".join(zipping.pieces(given))
    assert len(whole) == zipping.length(given)
    found = zipfile.ZipFile(io.BytesIO(whole))
    assert found.testzip() is None
    assert [found.read(each) for each in found.infolist()] == [b"abc" * 200_000, b"", b"x"]
    assert all(abs(time.mktime((*each.date_time, 0, 0, -1)) - time.time()) < 60 for each in found.infolist())
    if (unzip := shutil.which("unzip")) is not None:
        (tmp_path / "all.zip").write_bytes(whole)
        subprocess.run([unzip, "-tq", tmp_path / "all.zip"], check=True, capture_output=True)
    empty = zipfile.ZipFile(io.BytesIO(b"".join(zipping.pieces([]))))
    assert empty.namelist() == []


def test_more_than_4_gigabytes_are_zip64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The large file is made of one piece again and again, and is a hole in the archive."""
    zeros = bytes(1 << 24)
    size = 257 * len(zeros)
    assert size > zipping.LIMIT
    read = zipping._pieces
    monkeypatch.setattr(
        zipping, "_pieces", lambda path: read(path) if path.name != "large" else repeat(zeros, 257)
    )
    large = Entry(name="large.tif", path=Path("large"), bytes=size, crc=0, time=33)
    small = entries(tmp_path, b"small")[0]
    with (tmp_path / "all.zip").open("wb") as whole:
        for piece in zipping.pieces([small, large, small, small]):
            if piece is zeros:
                whole.seek(len(zeros), 1)
            else:
                whole.write(piece)
    assert (tmp_path / "all.zip").stat().st_size == zipping.length([small, large, small, small])
    found = zipfile.ZipFile(tmp_path / "all.zip")
    assert [each.file_size for each in found.infolist()] == [5, size, 5, 5]
    assert found.read(found.infolist()[3]) == b"small"


def test_more_than_65535_files_are_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipping, "_pieces", lambda path: [b"x"])
    one = Entry(name="1.jpg", path=Path("x"), bytes=1, crc=zlib.crc32(b"x"), time=33)
    whole = b"".join(zipping.pieces([one] * 65_536))
    assert len(whole) == zipping.length([one] * 65_536)
    found = zipfile.ZipFile(io.BytesIO(whole)).infolist()
    assert len(found) == 65_536
    assert found[-1].header_offset == 65_535 * (30 + len("1.jpg") + 1)


def test_a_file_that_changed_breaks_the_archive_off(tmp_path: Path) -> None:
    given = entries(tmp_path, b"abc")
    (tmp_path / "0").write_bytes(b"ab")
    with pytest.raises(OSError, match="not as long"):
        list(zipping.pieces(given))


def test_names_are_unique_on_systems_that_fold_case_and_accents() -> None:
    taken: list[str] = []
    for stem in ("a", "A", "Ä", "A\u0308", "ss", "ß", "a (2)"):
        taken.append(zipping.unique_name(stem, [".jpg"], taken) + ".jpg")
    assert taken == ["a.jpg", "A (2).jpg", "Ä.jpg", "A\u0308 (2).jpg", "ss.jpg", "ß (2).jpg", "a (2) (2).jpg"]
    assert zipping.unique_name("b", [".jpg", ".hints.json"], ["B.hints.json"]) == "b (2)"
