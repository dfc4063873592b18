"""Stores over HTTP/1.1: GET, HEAD and OPTIONS, one range of bytes, for pages from anywhere (CORS)."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote_to_bytes

from vspec.errors import Problem, VspecError, fail
from vspec.errors.rendering import render
from vspec.serving.index import listings, to_html
from vspec.serving.ranges import asked
from vspec.serving.site import Site
from vspec.serving.store import Piece, Value

OnProblem = Callable[[Problem], None]

_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_METHODS = "GET, HEAD, OPTIONS"
_POLL = 0.02
"""Seconds within which a server that is closed stops."""

_IDLE = 60
"""Seconds after which a connection without a request is closed."""

_FILLS = re.compile("GDAL", re.IGNORECASE)
"""Clients that take a chunk for absent, and fill it, whatever status says why it cannot be had.

The same where the connection breaks before they have looked at the first byte. An answer that is whole, but
too short for the chunk, is an error to them.
"""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match, Cache-Control, Content-Type, *",
    "Access-Control-Max-Age": "86400",
}
_PAGE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status, headers, and the bytes that follow; ``size`` is how many there are."""

    status: HTTPStatus
    headers: dict[str, str] = field(default_factory=dict)
    size: int = 0
    pieces: Iterator[Piece] = field(default_factory=lambda: iter(()))


def _text(status: HTTPStatus, text: str, kind: str = "text/plain", **headers: str) -> _Answer:
    data = text.encode("utf-8", "backslashreplace")
    told = {"Content-Type": f"{kind}; charset=utf-8", "Cache-Control": "no-store", **headers}
    return _Answer(status, told, len(data), iter((data,)))


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    server_version = "vspec"
    sys_version = ""
    timeout = _IDLE
    disable_nagle_algorithm = True

    @property
    def _listener(self) -> _Listener:
        return cast("_Listener", self.server)

    def do_GET(self) -> None:
        """Answer with what stands under the path, or with why it cannot be had."""
        self._respond()

    def do_HEAD(self) -> None:
        """Answer as to GET, without the bytes."""
        self._respond()

    def do_OPTIONS(self) -> None:
        """Tell a browser that a page from anywhere may ask."""
        self._send(_Answer(HTTPStatus.NO_CONTENT, {"Allow": _METHODS, **_PREFLIGHT}))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: only the command line prints."""

    def _respond(self) -> None:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # Nobody reads a body, so what follows it is no request.
        self._send(self._answer())

    def _answer(self) -> _Answer:
        path = _path(self.path)
        if path in ("/", "/index.json"):
            return self._index(as_json=path != "/")
        value = None if path is None else self._listener.site.get(path)
        if value is None:
            return _text(HTTPStatus.NOT_FOUND, "nothing stands here; / lists the maps\n")
        return self._value(value)

    def _index(self, *, as_json: bool) -> _Answer:
        host = self.headers.get("Host", "")
        url = f"http://{host}" if _HOST.fullmatch(host) else self._listener.url
        found = listings(self._listener.site, url)
        if as_json:
            text = json.dumps({"maps": [listing.to_json() for listing in found]}, indent=1) + "\n"
            return _text(HTTPStatus.OK, text, "application/json")
        return _text(HTTPStatus.OK, to_html(found), "text/html", **_PAGE)

    def _value(self, value: Value) -> _Answer:
        if self.command == "GET":  # HEAD tells what the map has: see _FILLS.
            try:
                value.check()
            except VspecError as error:
                return self._failure(error.problems, value.size)
        tag = f'"{value.tag}"'
        told = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": "no-cache"}
        if tag in self.headers.get("If-None-Match", ""):
            return _Answer(HTTPStatus.NOT_MODIFIED, told)
        told["Content-Type"] = "application/octet-stream"
        wanted = self.command == "GET" and self.headers.get("If-Range", tag) == tag
        span = asked(self.headers.get("Range") if wanted else None, value.size)
        if span == "unsatisfiable":
            told["Content-Range"] = f"bytes */{value.size}"
            return _Answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, told)
        if span is None:
            return _Answer(HTTPStatus.OK, told, value.size, value.pieces(0, value.size))
        told["Content-Range"] = span.content_range
        size = span.stop - span.start
        return _Answer(HTTPStatus.PARTIAL_CONTENT, told, size, value.pieces(span.start, span.stop))

    def _failure(self, problems: tuple[Problem, ...], size: int) -> _Answer:
        """Return an answer that no reader takes for a chunk (of ``size`` bytes), or for none being there."""
        for problem in problems:
            self._listener.tell(problem)
        text = "\n\n".join(map(render, problems)) + "\n"
        if _FILLS.search(self.headers.get("User-Agent", "")) and size > 1:
            return _text(HTTPStatus.OK, text.encode("ascii", "replace")[: size - 1].decode("ascii"))
        return _text(HTTPStatus.INTERNAL_SERVER_ERROR, text)

    def _send(self, answer: _Answer) -> None:
        """Send an answer, whose first bytes are there before its head is; if later ones fail, cut it off."""
        body = self.command != "HEAD"
        try:
            first = next(answer.pieces, None) if body else None
        except VspecError as error:
            answer = self._failure(error.problems, answer.size)
            first = next(answer.pieces)
        self.send_response(answer.status)
        for name, value in {**_CORS, **answer.headers}.items():
            self.send_header(name, value)
        if answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            self.send_header("Content-Length", str(answer.size))
        if self.close_connection and "Connection" not in answer.headers:
            self.send_header("Connection", "close")
        self.end_headers()
        if first is None:
            return
        try:
            self.wfile.write(first)
            for piece in answer.pieces:
                self.wfile.write(piece)
        except VspecError as error:
            self.close_connection = (
                True  # Fewer bytes than were promised: no client takes them for the whole.
            )
            for problem in error.problems:
                self._listener.tell(problem)


def _path(target: str) -> str | None:
    """Return the path of a request, escapes read once; None where it is no text."""
    try:
        path = unquote_to_bytes(target.partition("?")[0].partition("#")[0]).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return path if path.startswith("/") else None


class _Listener(ThreadingHTTPServer):
    """Takes connections, a thread for each."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, host: str, port: int, on_problem: OnProblem) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.site = site
        self._on_problem = on_problem
        self._told: set[tuple[str, str]] = set()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking the network for this machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address of the page that lists the maps, without a slash at the end."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}"

    def tell(self, problem: Problem) -> None:
        """Hand on what went wrong, each once."""
        told = problem.code, problem.message
        if told not in self._told:
            self._told.add(told)
            self._on_problem(problem)

    def handle_error(self, request: object, client_address: object) -> None:
        """Take no notice of clients that went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on as they came


class Server:
    """Maps that are being shown, until it is closed; ``url`` is the page that lists them.

    Raises `VspecError` V0829 where the address cannot be had.
    """

    def __init__(self, site: Site, host: str, port: int, on_problem: OnProblem) -> None:
        self.site = site
        try:
            self._listener = _Listener(site, host, port, on_problem)
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            help = "choose another port (0 takes any that is free), or another host"
            raise fail("V0829", f"maps cannot be shown at {host}:{port}", found=why, help=help) from None
        self.url = self._listener.url
        self._thread = Thread(target=self._listener.serve_forever, args=(_POLL,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait(self) -> None:
        """Return when the server was closed; a keyboard interrupt comes through."""
        while self._thread.is_alive():
            self._thread.join(1)

    def close(self) -> None:
        """Stop, and close the files. May be called more than once."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self.site.close()
