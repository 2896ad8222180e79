"""The routes: what each answers."""

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from conftest import encoded, gray_jpeg, opened, scene

pytest.importorskip("fastapi")

import rechroma
from rechroma.server import schemas
from rechroma.server.downloads import attachment
from rechroma.server.options import ServeOptions
from rechroma.types import ColorizeOptions, Marks, Point, Stroke
from serving import Running, running

RED = {"rechroma_hints": 1, "points": [{"x": 0.35, "y": 0.55, "color": "#c03020", "radius": 0.08}]}
SERVERS_OWN = {"hints", "references", "reference_library", "max_megapixels", "device", "threads"}
"""Fields of ColorizeOptions that a client cannot set as options: files come as files, the rest is the server's."""


@pytest.fixture(scope="module")
def server(graph: Path) -> Iterator[Running]:
    with running(ServeOptions(port=0, method=str(graph), workers=2)) as up:
        yield up


@pytest.fixture(scope="module")
def client(server: Running) -> httpx.Client:
    return server.client


@pytest.fixture
def draft(client: httpx.Client) -> Iterator[str]:
    answer = client.post("/api/drafts", files={"picture": ("old.jpg", gray_jpeg(120, 160))})
    assert answer.status_code == 201
    yield f"/api/drafts/{answer.json()['id']}"
    client.delete(f"/api/drafts/{answer.json()['id']}")


def upload(name: str = "old.jpg", data: bytes | None = None) -> dict[str, tuple[str, bytes]]:
    return {"picture": (name, gray_jpeg() if data is None else data)}


def test_what_a_client_may_set_is_what_the_options_have() -> None:
    fields = {field.name: field for field in dataclasses.fields(ColorizeOptions)}
    assert set(schemas.Options.model_fields) == set(fields) - SERVERS_OWN
    for name, field in schemas.Options.model_fields.items():
        if name != "method":
            assert field.default == fields[name].default, name


@pytest.mark.parametrize(
    ("schema", "kind"),
    [(schemas.HintPoint, Point), (schemas.HintStroke, Stroke), (schemas.HintsFile, Marks)],
)
def test_the_schema_of_the_hints_file_is_that_of_the_marks(schema: type, kind: type) -> None:
    names = {field.name for field in dataclasses.fields(kind)}
    assert set(schema.model_fields) - {"rechroma_hints"} == names


def test_a_picture_comes_back_as_the_library_colors_it(
    client: httpx.Client, options: ColorizeOptions
) -> None:
    answer = client.post("/api/colorize", files=upload())
    assert answer.status_code == 200
    assert answer.content == rechroma.colorize(gray_jpeg(), options)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith('attachment; filename="old.color.jpg"')


def test_options_are_form_fields(client: httpx.Client, options: ColorizeOptions) -> None:
    fields = {"saturation": "0.5", "warmth": "0.3", "format": "png", "provenance": "false"}
    answer = client.post("/api/colorize", files=upload(), data=fields)
    wanted = dataclasses.replace(options, saturation=0.5, warmth=0.3, format="png", provenance=False)
    assert answer.content == rechroma.colorize(gray_jpeg(), wanted)
    assert answer.headers["content-type"] == "image/png"
    assert 'filename="old.color.png"' in answer.headers["content-disposition"]


def test_hints_layers_and_references_are_used(client: httpx.Client, options: ColorizeOptions) -> None:
    plain = client.post("/api/colorize", files=upload()).content
    hinted = client.post("/api/colorize", files=upload(), data={"hints": json.dumps(RED)}).content
    marks = Marks(points=(Point(x=0.35, y=0.55, color="#c03020", radius=0.08),))
    assert hinted == rechroma.colorize(gray_jpeg(), dataclasses.replace(options, hints=marks)) != plain
    red, green, _ = opened(hinted).getpixel((42, 50))
    assert red > green + 40


@pytest.mark.parametrize("kind", ["png", "tiff", "webp"])
def test_the_result_keeps_the_pictures_format(client: httpx.Client, kind: str) -> None:
    answer = client.post("/api/colorize", files=upload(f"old.{kind}", encoded(scene(40, 60), kind.upper())))
    assert answer.headers["content-type"] == f"image/{kind}"
    assert opened(answer.content).format == kind.upper()


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("../../../etc/passwd", "passwd.color.jpg"),
        ("C:\\Users\\me\\portrait.jpg", "portrait.color.jpg"),
        ("großmutter 1923.JPG", "großmutter 1923.color.JPG"),
        ("..", "picture.color.jpg"),
        ("/", "picture.color.jpg"),
        ('a";filename="b.exe', "a%22;filename=%22b.color.jpg"),
    ],
)
def test_a_name_like_a_path_names_no_path(client: httpx.Client, given: str, saved: str) -> None:
    answer = client.post("/api/colorize", files={"picture": (given, gray_jpeg(8, 8))})
    assert answer.status_code == 200
    name = re.search(r"filename\*=UTF-8''(\S+)$", answer.headers["content-disposition"])
    assert name and unquote(name[1]) == saved


def test_a_content_disposition_cannot_be_broken_out_of() -> None:
    header = attachment('a"\\\r\nSet-Cookie: x=1%22é.jpg')
    assert header.isascii() and header.isprintable()
    assert header.count('"') == 2


def test_proposals_come_with_hints_that_give_them(client: httpx.Client, options: ColorizeOptions) -> None:
    picture = gray_jpeg(120, 160)
    answer = client.post("/api/propose", files=upload(data=picture), data={"count": "3"}).json()
    assert [each["likelihood"] for each in answer["proposals"]][0] == 0
    for each in answer["proposals"]:
        assert each["preview"].startswith("data:image/jpeg;base64,")
        again = client.post(
            "/api/colorize", files=upload(data=picture), data={"hints": json.dumps(each["hints"])}
        )
        assert again.status_code == 200


def test_a_draft_says_what_it_is(client: httpx.Client) -> None:
    picture = encoded(scene(30, 50), "PNG")
    facts = client.post("/api/drafts", files=upload("../a.png", picture)).json()
    assert facts.pop("id")
    assert facts == {
        "name": "../a.png",
        "width": 50,
        "height": 30,
        "format": "png",
        "bytes": len(picture),
        "notes": [],
    }


def test_a_draft_is_looked_at_and_colored(client: httpx.Client, draft: str, options: ColorizeOptions) -> None:
    gray = client.get(f"{draft}/gray", params={"side": 80})
    assert gray.headers["content-type"] == "image/jpeg" and opened(gray.content).size == (80, 60)
    preview = client.post(f"{draft}/preview", json={"side": 80, "hints": RED})
    assert preview.headers["content-type"] == "image/jpeg" and opened(preview.content).size == (80, 60)
    red, green, _ = opened(preview.content).getpixel((28, 33))
    assert red > green + 40
    uncertainty = client.post(f"{draft}/uncertainty", json={"side": 64})
    assert uncertainty.headers["content-type"] == "image/png" and opened(uncertainty.content).mode == "RGBA"
    place = client.post(f"{draft}/look", json={"x": 0.5, "y": 0.5, "count": 3}).json()
    assert 0 <= place["lightness"] <= 100 and re.fullmatch("#[0-9a-f]{6}", place["color"])
    assert 1 <= len(place["suggestions"]) <= 3
    proposals = client.post(f"{draft}/proposals", json={"count": 2, "side": 32}).json()["proposals"]
    assert proposals[0]["hints"]["points"] == []
    result = client.post(f"{draft}/result", json={"options": {"saturation": 0.7}})
    assert result.content == rechroma.colorize(
        gray_jpeg(120, 160), dataclasses.replace(options, saturation=0.7)
    )
    assert 'filename="old.color.jpg"' in result.headers["content-disposition"]


def test_a_draft_and_a_saved_hints_file_give_the_same_picture(client: httpx.Client, draft: str) -> None:
    result = client.post(f"{draft}/result", json={"hints": RED}).content
    again = client.post(
        "/api/colorize", files=upload(data=gray_jpeg(120, 160)), data={"hints": json.dumps(RED)}
    )
    assert result == again.content


def test_a_reference_is_used_by_its_id_and_no_other(client: httpx.Client, draft: str) -> None:
    picture = encoded(scene(60, 60), "PNG")
    answer = client.post(f"{draft}/references", files=upload("color.png", picture))
    assert answer.status_code == 201 and answer.json()["name"] == "color.png"
    refused = client.post(f"{draft}/preview", json={"references": ["/etc/passwd"]})
    assert refused.status_code == 422 and refused.json()["error"] == "OptionError"
    bad = client.post(f"{draft}/references", files=upload("color.png", b"no picture"))
    assert bad.status_code == 422 and bad.json()["error"] == "UnreadableImage"


def test_a_closed_draft_is_gone(client: httpx.Client, server: Running) -> None:
    facts = client.post("/api/drafts", files=upload()).json()
    folder = server.service.desk._drafts[facts["id"]].folder
    assert folder.is_dir()
    assert client.delete(f"/api/drafts/{facts['id']}").status_code == 204
    assert not folder.exists()
    for answer in (
        client.delete(f"/api/drafts/{facts['id']}"),
        client.get(f"/api/drafts/{facts['id']}/gray"),
        client.post(f"/api/drafts/{facts['id']}/preview", json={}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_a_plane_shows_what_is_possible(client: httpx.Client) -> None:
    plane = client.get("/api/plane", params={"lightness": 53, "side": 64})
    image = opened(plane.content)
    assert image.size == (64, 64)
    assert image.getpixel((32, 32))[3] == 255 and image.getpixel((0, 0))[3] == 0


def test_the_models_are_those_that_the_library_has(client: httpx.Client) -> None:
    names = {name for name, method in rechroma.available().items() if method.task == "colorize"}
    assert {model["name"] for model in client.get("/api/models").json()} == names


def test_the_server_says_what_it_takes(client: httpx.Client) -> None:
    facts = client.get("/api/server").json()
    assert facts["version"] == rechroma.__version__ and facts["token_required"] is False
    assert facts["limits"]["bytes"] == ServeOptions().max_bytes
    assert client.get("/healthz").json()["status"] == "ok"


def test_the_pages_come_from_this_server_alone(client: httpx.Client) -> None:
    for path in ("/", "/docs"):
        answer = client.get(path)
        assert answer.status_code == 200 and "text/html" in answer.headers["content-type"]
        assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", answer.text)
        assert "'unsafe" not in answer.headers["content-security-policy"]
        for link in re.findall(r"(?:src|href)=[\"'](/[^\"']*)", answer.text):
            assert client.get(link).status_code == 200, link


def test_every_answer_has_the_headers_that_protect(client: httpx.Client) -> None:
    for path in ("/", "/api/models", "/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["cache-control"] == ("no-store" if path.startswith("/api") else "no-cache")


def test_without_ui_only_the_api_is_served(graph: Path) -> None:
    with running(ServeOptions(port=0, method=str(graph), ui=False)) as up:
        assert up.client.get("/").status_code == 404
        assert up.client.get("/static/index.html").status_code == 404
        assert up.client.get("/healthz").status_code == up.client.get("/docs").status_code == 200


def test_every_refusal_has_the_same_form(client: httpx.Client) -> None:
    answers = [
        client.get("/nothing"),
        client.put("/api/drafts"),
        client.post("/api/colorize"),
        client.post("/api/colorize", files=upload(data=b"no picture")),
        client.post("/api/drafts/x/look", content="{", headers={"content-type": "application/json"}),
        client.post("/api/colorize", content=b"x", headers={"content-type": "multipart/form-data"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 405, 422, 422, 422, 400]
    for answer in answers:
        assert set(answer.json()) == {"error", "message"}
