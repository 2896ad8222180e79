"""Refusals are sentences of ours: what was given, what is accepted, what to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from pydantic_core.core_schema import ErrorType

from conftest import gray_jpeg

pytest.importorskip("fastapi")

from rechroma.server import complaints
from rechroma.server.options import ServeOptions
from serving import Running, foreign, running


@pytest.fixture(scope="module")
def server(graph: Path) -> Iterator[Running]:
    with running(ServeOptions(port=0, method=str(graph), workers=1, ui=False)) as up:
        yield up


@pytest.fixture(scope="module")
def draft(server: Running) -> str:
    answer = server.client.post("/api/drafts", files={"picture": ("a.jpg", gray_jpeg(16, 16))})
    return f"/api/drafts/{answer.json()['id']}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sid": 1}, "there is no field 'sid'; accepted: options, hints, references, side"),
        (
            {"options": {"saturaton": 1, "hue": 2}},
            "there is no field 'hue', 'saturaton'; accepted: method, vividness, temperature, saturation, warmth, "
            "reach, refine, format, quality, provenance, lossless_luma",
        ),
        ({"side": 5}, "side is 5; accepted: 16 or more"),
        ({"side": "wide"}, "side is 'wide'; accepted: a whole number"),
        ({"side": 20.5}, "side is 20.5; accepted: a whole number"),
        ({"side": None}, "side is null; accepted: a whole number"),
        ({"options": {"vividness": 1.5}}, "options.vividness is 1.5; accepted: 1 at most"),
        ({"options": {"temperature": 0}}, "options.temperature is 0; accepted: above 0"),
        ({"options": {"warmth": "hot"}}, "options.warmth is 'hot'; accepted: a number"),
        ({"options": {"provenance": "perhaps"}}, "options.provenance is 'perhaps'; accepted: true or false"),
        (
            {"options": {"format": "gif"}},
            "options.format is 'gif'; accepted: 'same', 'jpeg', 'png', 'tiff' or 'webp'",
        ),
        ({"options": []}, "options is a list of 0; accepted: an object; a body of JSON needs the header"),
        (
            {"hints": {"points": [{"x": 0.5, "y": 2, "color": "red"}]}},
            "hints.points[0].y is 2; accepted: 1 at most; hints.points[0].color is 'red'; accepted: #rrggbb, "
            "such as #a33b2e",
        ),
        ({"hints": {"points": [{"x": 0.5}]}}, "hints.points[0].y is missing; it has to be given"),
        ({"hints": {"strokes": {}}}, "hints.strokes is an object; accepted: a list"),
        (
            {"hints": {"strokes": [{"places": [], "color": None}]}},
            "hints.strokes[0].places is a list of 0; accepted: 1 entries or more",
        ),
        (
            {"hints": {"strokes": [{"places": [[0.5]], "color": None}]}},
            "hints.strokes[0].places[0][1] is missing; it has to be given",
        ),
        ({"hints": {"layers": ["a"] * 17}}, "hints.layers is a list of 17; accepted: 16 entries at most"),
        (
            {"hints": {"points": [], "strokes": [{"places": [[0, 0]] * 100_001, "color": None}] * 2}},
            "the hints have 200002 places; accepted: 200000 at most",
        ),
        ({"references": ["x" * 101]}, "accepted: 100 characters at most"),
        ([], "the body is a list of 0; accepted: an object"),
    ],
    ids=lambda given: str(given)[:40],
)
def test_a_wrong_field_is_named_with_what_is_accepted(
    server: Running, draft: str, body: Any, words: str
) -> None:
    answer = server.client.post(f"{draft}/preview", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, "InvalidRequest")
    assert words in answer.json()["message"] and not foreign(answer.json()["message"])


def test_a_wrong_form_is_named_with_what_is_accepted(server: Running) -> None:
    def said(**form: Any) -> str:
        answer = server.client.post("/api/colorize", **form)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["message"])

    picture = {"picture": ("a.jpg", gray_jpeg(16, 16))}
    assert said() == "picture is missing; it has to be given"
    assert said(data={"picture": "a.jpg"}) == (
        "picture is 'a.jpg'; accepted: a file, as `curl -F name=@file` sends it"
    )
    assert said(files=picture | {"hints": ("h.json", b"{}")}) == "hints is a file; accepted: text"
    assert said(files=picture, data={"quality": "best"}) == "quality is 'best'; accepted: a whole number"
    assert said(files=picture, data={"saturation": "nan"}).startswith("saturation is")
    assert said(files=picture, data={"device": "cuda"}).startswith("there is no field 'device'; accepted: ")


def test_a_request_that_cannot_be_read_is_told_why(server: Running, draft: str) -> None:
    def said(status: int, method: str, path: str, **more: Any) -> str:
        answer: httpx.Response = server.client.request(method, path, **more)
        assert answer.status_code == status, answer.text
        return str(answer.json()["message"])

    json = {"content-type": "application/json"}
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert said(422, "POST", f"{draft}/preview", content="{", headers=json) == (
        "the body is no JSON: it goes wrong or breaks off at character 1"
    )
    assert said(422, "POST", f"{draft}/preview", content="{}").endswith("Content-Type: application/json")
    assert said(422, "POST", f"{draft}/preview") == "the body is missing; it has to be given"
    assert said(422, "GET", f"{draft}/gray?side=1") == "side is '1'; accepted: 16 or more"
    assert said(422, "GET", "/api/jobs/x/files/one") == "number is 'one'; accepted: a whole number"
    assert said(404, "GET", "/api/nothing") == "there is nothing at /api/nothing; /docs lists what there is"
    assert said(405, "PUT", "/api/drafts").startswith("PUT is not answered at /api/drafts; accepted: ")
    for content in (b"x", b"--x\r\nno header"):
        assert said(400, "POST", "/api/drafts", content=content, headers=form).startswith(
            "the body cannot be read as multipart/form-data: "
        )


def test_a_kind_of_error_that_nobody_foresaw_has_words_too() -> None:
    for kind in get_args(ErrorType):
        if kind not in complaints._ACCEPTED:
            error = {"type": kind, "loc": ("body", "x"), "input": 3, "msg": "Input should be nice"}
            assert re.match("x is |the body is no JSON", complaints.about_fields([error])), kind
    assert set(complaints._ACCEPTED) <= set(get_args(ErrorType)), "no kind is misspelled"
