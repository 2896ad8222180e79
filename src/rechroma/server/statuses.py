"""Errors to HTTP statuses: the only place where they meet."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rechroma.errors import (
    InputError,
    MissingExtra,
    OptionError,
    OutputError,
    RechromaError,
    TooLarge,
    UnknownMethod,
    WeightsError,
    WorkerDied,
)
from rechroma.server import complaints
from rechroma.server.schemas import Problem


class NotAllowed(RechromaError):
    """The request comes from another site, or by a name that is not the server's."""


class TokenNeeded(RechromaError):
    """The token is missing or wrong."""


class NotFound(RechromaError):
    """There is no such thing, or no longer."""


class BodyTooLarge(RechromaError):
    """The request has more bytes than the limit allows."""


class TooMany(RechromaError):
    """So much is open or unfinished that the client has to wait, or to delete something."""


class QueueFull(RechromaError):
    """The server has all the work that it takes on."""


class TimedOut(RechromaError):
    """The work took longer than the limit allows."""


class ClientLeft(RechromaError):
    """Nobody waits for the answer any more."""


class InternalError(RechromaError):
    """A mistake of the server's own, whose traceback is in its log."""

    def __init__(self, name: str) -> None:
        of = f" with {name!r}" if name else ""
        super().__init__(f"the server made a mistake{of}; its log has the traceback, please report it")


class Refusal(HTTPException):
    """An error of ours on its way through a parser of bodies, which passes on only those of HTTP."""

    def __init__(self, error: RechromaError) -> None:
        super().__init__(500, str(error))
        self.error = error


STATUSES: dict[type[RechromaError], int] = {
    TokenNeeded: 401,
    NotAllowed: 403,
    NotFound: 404,
    UnknownMethod: 404,
    TooLarge: 413,
    BodyTooLarge: 413,
    InputError: 422,
    OptionError: 422,
    TooMany: 429,
    QueueFull: 503,
    TimedOut: 503,
    ClientLeft: 503,
    WeightsError: 503,
    OutputError: 503,
    MissingExtra: 503,
    InternalError: 500,
    WorkerDied: 500,
    RechromaError: 500,
}
"""The first class that an error is one of counts."""
RETRY_AFTER = {429: 10, 503: 2}
"""Seconds after which to come back."""
MEANINGS = {
    400: "The request cannot be read",
    401: "The token is missing or wrong",
    403: "The request comes from another site, or names a host that is not the server's",
    404: "There is no such thing, or no longer",
    413: "More bytes or more pixels than the server takes",
    422: "A picture that cannot be read, or an option outside its range",
    429: "Too much is open or unfinished: wait, or delete something",
    500: "The server made a mistake with this picture; its log has the traceback",
    503: "The queue is full or the work took too long: come back after `Retry-After` seconds",
}

Responses = dict[int | str, dict[str, Any]]


def refusals(*statuses: int) -> Responses:
    """Document the statuses by which a route refuses; every one can answer 401 and 403, one that works 500 too."""
    mistakes = {500} if 503 in statuses else set()
    return {
        status: {"model": Problem, "description": MEANINGS[status]}
        for status in sorted({401, 403, *statuses} | mistakes)
    }


def refusal(error: RechromaError) -> JSONResponse:
    """Put an error into words for HTTP."""
    status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
    return _answer(status, type(error).__name__, str(error))


def add_handlers(app: FastAPI) -> None:
    """Have every error of the application answered in the same form."""

    @app.exception_handler(RechromaError)
    async def ours(request: Request, error: RechromaError) -> JSONResponse:
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(422, "InvalidRequest", complaints.about_fields(error.errors()))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error, Refusal):
            return refusal(error.error)
        name = HTTPStatus(error.status_code).phrase.title().replace(" ", "")
        return _answer(
            error.status_code, name, complaints.about_request(request, error), dict(error.headers or {})
        )

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return refusal(InternalError(""))


def _answer(status: int, name: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    headers = dict(headers or {})
    if status in RETRY_AFTER:
        headers["Retry-After"] = str(RETRY_AFTER[status])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(Problem(error=name, message=message).model_dump(), status, headers)
