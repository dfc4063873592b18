"""``vspec serve``: maps as ordinary Zarr stores over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from vspec.commands.apply_report import problems_json
from vspec.commands.maps import maps_of
from vspec.errors import Problem
from vspec.layout import Json

if TYPE_CHECKING:
    from vspec.serving.http import Server
    from vspec.serving.index import Listing

HOST, PORT = "127.0.0.1", 8000

OnProblem = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class ServeReport:
    """Where the maps are shown, and as what; ``problems`` are warnings, since the rest is served."""

    url: str
    maps: tuple[Listing, ...]
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "url": self.url,
            "maps": [shown.to_json() for shown in self.maps],
            "problems": problems_json(self.problems),
        }


def serve(
    maps: str | Path | Sequence[str | Path],
    host: str = HOST,
    port: int = PORT,
    on_problem: OnProblem | None = None,
) -> Server:
    """Show maps as Zarr stores (formats 2 and 3) over HTTP, until the server that is returned is closed.

    A folder stands for the maps in it; port 0 is any that is free. `report` tells where everything is.
    ``on_problem`` is called once for each thing that goes wrong with a request: a source that is missing or
    changed is an error of its chunks (status 500), never a chunk of other bytes.

    Raises `VspecError` as `map_file.load` does for any map, V0740 for one that leads to another machine,
    V0829 where the address cannot be had.
    """
    from vspec.serving.http import Server
    from vspec.serving.site import Site

    return Server(Site(maps_of(maps)), host, port, on_problem or _silently)


def report(server: Server, host: str = HOST) -> ServeReport:
    """Return where the maps of a server are, and what is wrong with their sources by now.

    Warns (V0830) where ``host`` lets other machines in.
    """
    from vspec.serving.index import listings

    found = (*_openness(host), *server.site.problems())
    return ServeReport(server.url, listings(server.site, server.url), found)


def _openness(host: str) -> tuple[Problem, ...]:
    if _is_loopback(host):
        return ()
    message = f"at '{host}', everybody whom the network lets reach this machine can read these maps"
    help = f"leave --host out: {HOST} is for programs of this machine alone"
    return (Problem("V0830", message, help=help, level="warn"),)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _silently(_problem: Problem) -> None:
    pass
