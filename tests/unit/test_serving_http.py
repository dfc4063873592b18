"""The server: ranges, methods, headers, paths, and answers that no reader takes for a chunk that is not there."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import numpy as np
import pytest

from tests.unit.served import read
from vspec.chunks import ChunkOptions
from vspec.errors import VspecError
from vspec.layout import ArrayLayout, Axis, Runs, Strided
from vspec.serving.http import Server
from vspec.serving.index import listings, to_html
from vspec.serving.ranges import Span, asked
from vspec.serving.site import Site
from vspec.testing.layouts import columns
from vspec.testing.maps import write_map

DATA = np.random.default_rng(5).integers(1, 2**15, 1009).astype(">i2")
CHUNK = DATA[200:400].tobytes()
OPTIONS = ChunkOptions(chunk_bytes=400, reference_bytes=0, small_chunk=1)


@pytest.fixture
def folder(tmp_path):
    source = Strided(Runs(*columns([0], [0], [1009], [2], [0])), DATA.dtype)
    layout = ArrayLayout("g/raw", (Axis("i", 1009, ("run",)),), DATA.dtype, source)
    path = write_map(tmp_path, [layout], [DATA.tobytes()], OPTIONS).path
    path.rename(tmp_path / "ä b.vspec.json")
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def told():
    return []


@pytest.fixture
def server(folder, told):
    with Server(Site([folder / "ä b.vspec.json"]), "127.0.0.1", 0, told.append) as found:
        yield found


class Client:
    """One connection, kept alive as long as the server does."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)

    def ask(self, path, method="GET", **headers):
        """Return status, headers and body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, headers=named)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.fixture
def client(server):
    found = Client(server)
    yield found
    found.connection.close()


BASE = "/%C3%A4%20b"
V2, V3 = f"{BASE}/v2/g/raw/1", f"{BASE}/v3/g/raw/c/1"


def raw(server, text):
    """Send bytes as they are and return all that comes back until the server closes."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(text)
        line.shutdown(socket.SHUT_WR)
        found = b""
        while part := line.recv(1 << 16):
            found += part
    return found


# --- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("format", (2, 3))
def test_an_array_over_the_wire(client, format):
    def get(key):
        status, _, body = client.ask(f"{BASE}/v{format}/{key}")
        assert status in (200, 404)
        return body if status == 200 else None

    np.testing.assert_array_equal(read(get, "g/raw", format), DATA)
    assert DATA.size % 200, "the last chunk is padded"


@pytest.mark.parametrize("path", (V2, V3))
@pytest.mark.parametrize(
    ("header", "part"),
    (
        ("bytes=0-0", slice(0, 1)),
        ("bytes=3-9", slice(3, 10)),
        ("bytes=390-", slice(390, 400)),
        ("bytes=390-5000", slice(390, 400)),
        ("bytes=-7", slice(393, 400)),
        ("bytes=-5000", slice(0, 400)),
        ("bytes=0-", slice(0, 400)),
        ("Bytes= 0-1", slice(0, 2)),
    ),
)
def test_one_range(client, path, header, part):
    status, headers, body = client.ask(path, Range=header)
    assert status == 206
    assert body == CHUNK[part]
    assert headers["Content-Range"] == f"bytes {part.start}-{part.stop - 1}/400"
    assert headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("header", ("bytes=400-", "bytes=400-500", "bytes=-0", "bytes=9999999999999999999-"))
def test_a_range_that_cannot_be_had(client, header):
    status, headers, body = client.ask(V2, Range=header)
    assert (status, body) == (416, b"")
    assert headers["Content-Range"] == "bytes */400"


@pytest.mark.parametrize(
    "header",
    (
        "bytes=0-1,4-5",
        "bytes=5-3",
        "bytes=-",
        "bytes=a-b",
        "items=0-1",
        "bytes 0-1",
        "bytes=0-99999999999999999999",
        "bytes=٣-٤",
        "",
    ),
)
def test_what_is_no_single_range_is_answered_with_the_whole(client, header):
    status, headers, body = client.ask(V2, Range=header.encode("utf-8").decode("latin-1"))
    assert (status, body) == (200, CHUNK)
    assert headers["Content-Range"] is None


def test_ranges_of_any_size_by_hand():
    assert asked("bytes=1-2", 3) == Span(1, 3, 3)
    assert asked("bytes=0-", 0) == "unsatisfiable"
    assert asked("bytes=-1", 0) == "unsatisfiable"
    assert asked(None, 3) is None


def test_metadata_have_ranges_too(client):
    whole = client.ask(f"{BASE}/v3/zarr.json")[2]
    assert client.ask(f"{BASE}/v3/zarr.json", Range="bytes=1-5")[2] == whole[1:6]
    assert json.loads(whole)["node_type"] == "group"


@pytest.mark.parametrize("path", (V2, V3, f"{BASE}/v2/.zmetadata", "/", "/index.json"))
def test_head_tells_the_size_and_sends_nothing(client, path):
    whole = client.ask(path)
    status, headers, body = client.ask(path, "HEAD", Range="bytes=0-1")
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(whole[2]))
    assert headers["Content-Type"] == whole[1]["Content-Type"]


def test_tags(client):
    _, headers, _ = client.ask(V2)
    tag = headers["ETag"]
    status, headers, body = client.ask(V2, If_None_Match=f'"other", {tag}')
    assert (status, body, headers["ETag"]) == (304, b"", tag)
    assert client.ask(V2, If_None_Match='"other"')[0] == 200
    assert client.ask(V2, Range="bytes=0-1", If_Range=tag)[2] == CHUNK[:2]
    assert client.ask(V2, Range="bytes=0-1", If_Range='"other"')[2] == CHUNK
    assert client.ask(V3)[1]["ETag"] != tag


# --- pages from anywhere --------------------------------------------------------------------


@pytest.mark.parametrize("path", (V2, "/", "/nothing", f"{BASE}/v3/zarr.json"))
def test_pages_from_anywhere_may_read(client, path):
    for method in ("GET", "HEAD"):
        headers = client.ask(path, method, Origin="https://example.org")[1]
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Range" in headers["Access-Control-Expose-Headers"]


def test_a_browser_that_asks_first(client):
    status, headers, body = client.ask(
        V2,
        "OPTIONS",
        Origin="https://example.org",
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range",
    )
    assert (status, body) == (204, b"")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in headers["Access-Control-Allow-Methods"]
    assert "range" in headers["Access-Control-Allow-Headers"].lower()
    assert client.ask(V2)[0] == 200, "the connection is still good"


@pytest.mark.parametrize("method", ("POST", "PUT", "DELETE", "PATCH", "BREW"))
def test_nothing_can_be_written(server, folder, method):
    answer = raw(server, f"{method} {V2} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nGET ".encode())
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert (folder / "0.bin").read_bytes() == DATA.tobytes()


def test_a_body_is_never_taken_for_a_request(server):
    inner = f"GET {V2} HTTP/1.1\r\nHost: a\r\n\r\n"
    for head in (f"Content-Length: {len(inner)}", "Transfer-Encoding: chunked"):
        answer = raw(server, f"GET / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{inner}".encode())
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert answer.count(b"HTTP/1.1 200") == 1


# --- paths ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    (
        "/secret.txt",
        "/../secret.txt",
        f"{BASE}/../secret.txt",
        f"{BASE}/v2/../../secret.txt",
        f"{BASE}/v2/%2e%2e/%2e%2e/secret.txt",
        f"{BASE}/v2/..%2fsecret.txt",
        f"{BASE}/v2/%252e%252e%252fsecret.txt",
        f"{BASE}/v2/..%5csecret.txt",
        f"{BASE}/v2/secret.txt",
        f"{BASE}/v2/0.bin",
        f"{BASE}/v2/g/raw/1%00",
        f"{BASE}/v2/g/raw/%31%2E",
        f"{BASE}/v2/g/raw/./1",
        f"{BASE}/v2//g/raw/1",
        "/%ff%fe",
        "/etc/passwd",
        "//etc/passwd",
        "/file:///etc/passwd",
        "/%C3%A4%2520b/v2/g/raw/1",
        "/a/v2/g/raw/1",
        BASE,
        f"{BASE}/",
        f"{BASE}/v2",
        f"{BASE}/v2/",
        f"{BASE}/v4/g/raw/1",
        f"{BASE}/v2/ä b.vspec.json".encode().decode("latin-1").replace(" ", "%20"),
    ),
)
def test_nothing_else_can_be_asked_for(server, folder, path):
    for target in (path, str(folder / "secret.txt")):
        answer = raw(server, f"GET {target} HTTP/1.0\r\n\r\n".encode("latin-1"))
        assert answer.startswith(b"HTTP/1.1 404 "), answer
        assert b"secret" not in answer.partition(b"\r\n\r\n")[2]


def test_a_path_is_read_with_its_escapes_once(client):
    assert client.ask(f"{V2}?x=1#y")[2] == CHUNK
    assert client.ask(f"{BASE}/v2/g%2Fraw/%31")[2] == CHUNK


@pytest.mark.parametrize(
    "head",
    (
        b"GET",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"GET " + b"a" * 70000 + b" HTTP/1.1\r\n\r\n",
    ),
)
def test_what_is_no_request_is_refused_and_the_server_goes_on(server, client, head):
    raw(server, head)
    assert client.ask(V2)[2] == CHUNK


# --- sources that are not what they were ----------------------------------------------------


@pytest.mark.parametrize("path", (V2, V3))
def test_a_missing_source_is_an_error_with_its_code(client, folder, told, path):
    (folder / "0.bin").rename(folder / "away.bin")
    for header in ({}, {"Range": "bytes=0-1"}, {"If_None_Match": "*"}):
        status, headers, body = client.ask(path, **header)
        assert status == 500
        assert b"error[V0741]: 0.bin is missing" in body
        assert str(folder).encode() not in body
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Cache-Control"] == "no-store"
    assert [problem.code for problem in told] == ["V0741"]
    assert client.ask(f"{BASE}/v3/zarr.json")[0] == 200
    (folder / "away.bin").rename(folder / "0.bin")
    assert client.ask(path)[2] == CHUNK


def test_a_changed_source_is_an_error_also_where_the_client_has_it(client, folder):
    tag = client.ask(V2)[1]["ETag"]
    (folder / "0.bin").write_bytes(bytes(DATA.nbytes))
    status, _, body = client.ask(V2, If_None_Match=tag)
    assert status == 500
    assert b"V0742" in body


def test_a_client_that_fills_what_it_cannot_open_gets_what_it_cannot_take_for_a_chunk(client, folder, told):
    agent = {"User_Agent": "GDAL/3.12.2"}
    assert client.ask(V2, **agent)[2] == CHUNK
    (folder / "0.bin").unlink()
    status, headers, _ = client.ask(V2, "HEAD", **agent)
    assert (status, headers["Content-Length"]) == (200, "400")
    status, headers, body = client.ask(V2, **agent)
    assert (status, headers["Content-Length"]) == (200, str(len(body)))
    assert b"V0741" in body
    assert 0 < len(body) < len(CHUNK)
    assert client.ask(V2)[0] == 500
    assert [problem.code for problem in told] == ["V0741"]


def test_a_source_that_changes_on_the_way_breaks_the_answer_off(client, folder, told, monkeypatch):
    monkeypatch.setattr("vspec.serving.store._BLOCK", 100)
    store = client  # the second block is asked for when the head is sent already
    assert store.ask(V2)[2] == CHUNK
    fills = []
    from vspec.serving.store import Store

    fill = Store._fill

    def changing(self, place, start, into):
        if fills:
            (folder / "0.bin").write_bytes(bytes(DATA.nbytes))
        fills.append(start)
        fill(self, place, start, into)

    monkeypatch.setattr(Store, "_fill", changing)
    with pytest.raises(http.client.IncompleteRead) as cut:
        client.ask(V2)
    assert cut.value.partial == CHUNK[:100]
    assert [problem.code for problem in told] == ["V0742"]


# --- the page -------------------------------------------------------------------------------


def test_the_page_and_the_list(server, client):
    status, headers, body = client.ask("/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    text = body.decode()
    for word in (
        "ä b",
        "g/raw",
        "i=1009",
        "&gt;i2",
        f"{server.url}{BASE}/v3",
        "tensorstore",
        "zarrita",
        "gdalinfo",
    ):
        assert word in text
    (found,) = json.loads(client.ask("/index.json")[2])["maps"]
    assert found["v2"] == f"{server.url}{BASE}/v2"
    assert found["arrays"] == [
        {
            "path": "g/raw",
            "dims": ["i"],
            "shape": [1009],
            "chunks": [200],
            "dtype": ">i2",
            "codecs": [],
            "decoded": [],
        }
    ]


def test_addresses_are_those_that_the_client_uses(server, client):
    assert "http://lab.example:81/" in client.ask("/", Host="lab.example:81")[2].decode()
    assert "http://[::1]:81/" in client.ask("/", Host="[::1]:81")[2].decode()
    for host in ("<script>", 'a"b', "a b", "a/b", "a@b", "[<]", ""):
        assert f"{server.url}{BASE}/v2" in client.ask("/", Host=host)[2].decode()


def test_names_from_maps_are_text_on_the_page(folder):
    hostile = '<img src=x onerror="alert(1)">'
    site = Site([folder / "ä b.vspec.json"])
    page = to_html(
        [
            type(found)(hostile, hostile, found.v2, found.v3, found.arrays)
            for found in listings(site, "http://a")
        ]
    )
    assert "<img" not in page
    assert "&lt;img src=x" in page


# --- the server -----------------------------------------------------------------------------


def test_many_clients_at_once(server):
    found = []

    def work():
        client = Client(server)
        found.extend(client.ask(path)[2] == CHUNK for path in (V2, V3) * 10)
        client.connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 160


def test_a_closed_server_is_gone(folder):
    server = Server(Site([folder / "ä b.vspec.json"]), "127.0.0.1", 0, print)
    server.close()
    server.close()
    server.wait()
    with pytest.raises(OSError):  # noqa: PT011 -- refused or reset, as the system has it
        Client(server).ask("/")


def test_an_address_that_cannot_be_had(folder, server):
    port = int(server.url.rpartition(":")[2])
    for host, taken in (("127.0.0.1", port), ("no.such.host.invalid", 0), ("127.0.0.1", 70000)):
        with pytest.raises(VspecError) as error:
            Server(Site([folder / "ä b.vspec.json"]), host, taken, print)
        assert [problem.code for problem in error.value.problems] == ["V0829"]
