"""What stands before every route: names, origins, the token, the size of bodies, places; and headers of answers."""

import asyncio
import hmac
import time
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rechroma.errors import RechromaError
from rechroma.server.options import LOOPBACK_NAMES, ServeOptions, is_loopback
from rechroma.server.pool import Pool
from rechroma.server.statuses import BodyTooLarge, NotAllowed, Refusal, TimedOut, TokenNeeded, refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = frozenset({"/api/server"})
"""Paths of the API that need no token: the page asks there whether one is needed."""
JOBS = "/api/jobs"
JSON_BYTES = 16_000_000
"""Bytes of a JSON body at most; it is held in memory, unlike uploads."""
MARGIN = 1_000_000
"""Bytes for the fields and boundaries around an upload."""
IDLE: Final = 30.0
"""Seconds for which the next piece of a body may be waited for."""
SLOWEST: Final = 10_000
"""Bytes a second that a body has to bring on average, once it has taken longer than that."""
DRAINED = 64_000_000
DRAIN_SECONDS: Final = 10.0
"""Up to so much of a refused body is read and dropped: a client that still sends would not see the answer."""
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI middleware around the application."""

    def __init__(self, app: ASGIApp, options: ServeOptions, pool: Pool) -> None:
        self.app = app
        self.options = options
        self.pool = pool
        self.names = LOOPBACK_NAMES | {options.host.lower()} | {name.lower() for name in options.names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = Body(receive, headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
                _add_headers(MutableHeaders(scope=message), api=scope["path"].startswith("/api/"))
            await send(message)

        with ExitStack() as place:
            try:
                self._check(scope, headers)
                body.limit = self._body_limit(scope, headers)
                if scope["method"] == "POST":
                    place.enter_context(self.pool.entered())
            except RechromaError as error:
                await refusal(error)(scope, receive, send_with_headers)
                return
            await self.app(scope, body.receive, send_with_headers)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            raise NotAllowed(
                f"the request asks for the host {host!r}, which is not this server's name (DNS rebinding?); "
                "further names are given by --name"
            )
        api = scope["path"].startswith("/api/")
        origin = headers.get("origin")
        if scope["method"] not in SAFE_METHODS and origin is not None and urlsplit(origin).netloc != host:
            raise NotAllowed(f"the request comes from {origin}, another site than {host}")
        if api and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            raise NotAllowed("the request comes from another site")
        if api and scope["path"] not in OPEN_PATHS and not self._has_token(scope, headers):
            raise TokenNeeded(
                "this server needs its token: send `Authorization: Bearer TOKEN` or ?token=TOKEN"
            )

    def _is_ours(self, name: str) -> bool:
        """Check a host name; an address is always ours, because rebinding takes a name."""
        if name in self.names:
            return True
        if is_loopback(self.options.host):
            return is_loopback(name)
        with suppress(ValueError):
            return bool(ip_address(name))
        return False

    def _has_token(self, scope: Scope, headers: Headers) -> bool:
        if self.options.token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return hmac.compare_digest(given.strip().encode(), self.options.token.encode())

    def _body_limit(self, scope: Scope, headers: Headers) -> int:
        if headers.get("content-type", "").startswith("multipart/"):
            jobs = scope["path"] == JOBS
            limit = (self.options.job_bytes if jobs else self.options.max_bytes) + MARGIN
        else:
            limit = min(JSON_BYTES, self.options.max_bytes)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise _too_large(limit)
        return limit


class Body:
    """A request's body on its way in: its bytes are counted as they come, and it may not stand still."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self._comes = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._asks_first = headers.get("expect", "").lower() == "100-continue"
        self._begin = time.monotonic()
        self._seen = 0
        self._whole = False
        self.limit = 0

    async def receive(self) -> Message:
        """Give the next message, as ASGI has it."""
        if self._whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._next(), IDLE)
        except TimeoutError as error:
            raise self._too_slow(f"nothing more of the request came for {IDLE:g} s") from error
        if self._seen > self.limit:
            raise Refusal(_too_large(self.limit))
        if not self._whole and time.monotonic() - self._begin > IDLE + self._seen / SLOWEST:
            raise self._too_slow(f"the request comes too slowly: {self._seen} bytes so far")
        return message

    async def drain(self) -> None:
        """Read what is left and drop it, within reason: a client that still sends would not see the answer."""
        if not self._comes or (self._asks_first and self._seen == 0):
            return  # there is none, or it waits for the answer before it is sent
        most = self._seen + DRAINED
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._whole and self._seen < most:
                    await self._next()

    def _too_slow(self, message: str) -> Refusal:
        self._comes = False  # what is left is not waited for
        return Refusal(TimedOut(message))

    async def _next(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the request has more than {limit / 1e6:g} MB, which is all that this server takes")


def _name(host: str) -> str:
    """Take the port off a Host header: localhost:8000 -> localhost, [::1]:8000 -> ::1."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _add_headers(headers: MutableHeaders, *, api: bool) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store" if api else "no-cache")
