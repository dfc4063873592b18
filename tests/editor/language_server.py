"""A client of the YAML language server: what an editor asks of it, over stdio.

The protocol is JSON-RPC with a header that gives the length (Language Server Protocol 3.17).
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SERVER = HERE / "node_modules/yaml-language-server/bin/yaml-language-server"
PATIENCE = 30
"""Seconds for one answer; a busy machine may need some of them."""


def why_not() -> str | None:
    """Say what is missing to run the server; None when nothing is."""
    if shutil.which("node") is None:
        return "no Node.js (node) here"
    if not SERVER.is_file():
        return "the YAML language server is not installed: make editor"
    return None


@dataclass(frozen=True)
class Spot:
    """A document with a cursor, marked ``^`` in the text that it is made from."""

    text: str
    line: int
    character: int

    @classmethod
    def of(cls, marked):
        before, found, after = marked.partition("^")
        assert found, "mark the cursor with ^"
        return cls(before + after, before.count("\n"), len(before) - (before.rfind("\n") + 1))


class LanguageServer:
    """A running server with one workspace; ``schemas`` maps the URL of a schema to file patterns."""

    def __init__(self, workspace, schemas):
        self._workspace = workspace
        self._settings = {
            "yaml": {
                "schemas": schemas,
                "schemaStore": {"enable": False},
                "completion": True,
                "hover": True,
                "validate": True,
            }
        }
        self._inbox = queue.Queue()
        self._diagnostics = {}
        self._asked = 0
        self._opened = 0
        self._process = subprocess.Popen(
            ["node", os.fspath(SERVER), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __enter__(self):
        markup = ["markdown", "plaintext"]
        completion = {"completionItem": {"snippetSupport": True, "documentationFormat": markup}}
        folder = {"uri": self._workspace.as_uri(), "name": "cards"}
        answer = self.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=folder["uri"],
            workspaceFolders=[folder],
            capabilities={
                "workspace": {"configuration": True, "workspaceFolders": True},
                "textDocument": {"completion": completion, "hover": {"contentFormat": markup}},
            },
        )
        assert {"completionProvider", "hoverProvider"} <= set(answer["capabilities"])
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=self._settings)
        return self

    def __exit__(self, *failure):
        try:
            if failure == (None, None, None):
                self.ask("shutdown")
                self._tell("exit")
                self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join(PATIENCE)
            self._process.stdin.close()
            self._process.stdout.close()

    def open(self, text, name=None):
        """Open a document; return its address once the server has looked at it."""
        self._opened += 1
        address = (self._workspace / (name or f"card{self._opened}.yaml")).as_uri()
        document = {"uri": address, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        while address not in self._diagnostics:
            self._take()
        return address

    def problems(self, text, name=None):
        """Return what the editor underlines: (line and columns from 1, the words there, message)."""
        lines = text.split("\n")
        found = []
        for said in self._diagnostics[self.open(text, name)]:
            start, end = said["range"]["start"], said["range"]["end"]
            assert start["line"] == end["line"]
            words = lines[start["line"]][start["character"] : end["character"]]
            found.append((start["line"] + 1, start["character"] + 1, words, said["message"]))
        return found

    def complete(self, marked):
        """Return what the editor offers at the mark, by label."""
        answer = self._at("textDocument/completion", marked)
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"]: item for item in items}

    def hover(self, marked):
        """Return the Markdown that the editor shows at the mark."""
        return self._at("textDocument/hover", marked)["contents"]["value"]

    def _at(self, method, marked):
        spot = Spot.of(marked)
        place = {"line": spot.line, "character": spot.character}
        return self.ask(method, textDocument={"uri": self.open(spot.text)}, position=place)

    def ask(self, method, **params):
        """Send a request and return the result; what the server asks meanwhile is answered."""
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == self._asked and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method, **params):
        self._send({"method": method, "params": params})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _take(self):
        """Take one message from the server; keep diagnostics, answer requests."""
        message = self._inbox.get(timeout=PATIENCE)
        assert message is not None, "the language server ended"
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method == "workspace/configuration":
            wanted = [item.get("section") for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": [self._settings.get(name, {}) for name in wanted]})
        elif method is not None and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _listen(self):
        """Put every message that comes into the inbox; None at the end."""
        stream = self._process.stdout
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._inbox.put(json.loads(stream.read(length)))
        self._inbox.put(None)
