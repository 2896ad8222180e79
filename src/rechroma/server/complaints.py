"""What is wrong with a request, in sentences of ours: what was given, what is accepted, what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from rechroma.server.options import FIELD_BYTES, MAX_FIELDS

SENTENCE: Final = "sentence"
"""Type of the errors that `schemas` raises; their message is a sentence already."""
_ACCEPTED: Mapping[str, str] = {
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} at most",
    "finite_number": "a finite number",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of usual size",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text in UTF-8",
    "string_too_long": "{max_length} characters at most",
    "string_pattern_mismatch": "#rrggbb, such as #a33b2e",
    "literal_error": "{expected}",
    "list_type": "a list",
    "tuple_type": "a pair of numbers",
    "too_long": "{max_length} entries at most",
    "too_short": "{min_length} entries or more",
    "model_type": "an object",
    "model_attributes_type": "an object; a body of JSON needs the header Content-Type: application/json",
    "dict_type": "an object",
    "value_error": "a file, as `curl -F name=@file` sends it",
}
"""By pydantic's type of error; braces hold its context. value_error: FastAPI's own, where a file is expected."""
_SHORT: Final = 60
"""Characters of what was given that are repeated."""


def about_fields(errors: Sequence[Mapping[str, Any]]) -> str:
    """Put what FastAPI and pydantic found wrong with a request into sentences."""
    return "; ".join(_sentence(each["type"], each["loc"], each) for each in errors)


def about_request(request: Request, error: HTTPException) -> str:
    """Put a refusal of FastAPI's, which is about the request as a whole, into a sentence."""
    path = request.url.path
    if error.status_code == 404:
        return f"there is nothing at {path[:100]}; /docs lists what there is"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method; /docs lists them")
        return f"{request.method} is not answered at {path[:100]}; accepted: {allowed}"
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/"):
        return (
            "the body cannot be read as multipart/form-data: it is damaged or has no boundary, or there are more "
            f"than {request.app.state.service.options.job_files} files, {MAX_FIELDS} fields, or "
            f"{FIELD_BYTES / 1e6:g} MB in a field"
        )
    return f"the body cannot be read as {kind[:100] or 'JSON, and there is no Content-Type'}"


def _sentence(kind: str, where: Sequence[str | int], error: Mapping[str, Any]) -> str:
    if kind == SENTENCE:
        return str(error["msg"])
    if kind == "json_invalid":
        return f"the body is no JSON: it goes wrong or breaks off at character {where[-1]}"
    place = _place(where[1:]) or "the body"
    if kind == "missing":
        return f"{place} is missing; it has to be given"
    accepted = _ACCEPTED.get(kind, "see /docs").format(**error.get("ctx", {}))
    return f"{place} is {_given(error['input'])}; accepted: {accepted}"


def _place(where: Sequence[str | int]) -> str:
    """Write ("points", 0, "x") as points[0].x."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).removeprefix(".")


def _given(value: object) -> str:
    if isinstance(value, UploadFile):
        return "a file"
    if isinstance(value, bytes):
        return f"{len(value)} bytes of another kind"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return "an object"
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."
