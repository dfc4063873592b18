"""A data set that is being written: its names, its files, and the arrays of the card over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from vspec.authoring.fakes import draws
from vspec.authoring.fakes.constants import Constants
from vspec.authoring.fakes.examples import Given, settle
from vspec.authoring.fakes.files import FakeFile, FakeFiles, FakeTable
from vspec.authoring.fakes.known import Unkept, UnkeptError
from vspec.authoring.fakes.raw import RawFile, raw_file
from vspec.authoring.fakes.sheets import MISSING, Plan, Sheet, open_size
from vspec.authoring.fakes.types import ENDLESS
from vspec.card.constants import constants, library_constants
from vspec.card.model import ArraySpec, Param, Role
from vspec.errors import fail
from vspec.expressions import Chain, Scope, UnknownName, Value
from vspec.patterns import Capture, Captured, Pattern

ORDERS: Mapping[str, Value] = {"little": "little", "big": "big"}
DEFAULT_FILES = 3
MAX_ROUNDS = 6


class FakeSet:
    """The top-level scope of a data set that is being written."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.params = {param.name: _param(param, plan) for param in plan.card.params}
        self.constants = Constants({**ORDERS, **constants(plan.card), **self.params})
        libraries = library_constants(plan.card).items()
        self.libraries = {way: Constants({**ORDERS, **values}) for way, values in libraries}
        self._lets = {let.name: let.value for let in plan.card.lets}
        self._values: dict[str, Value] = {}
        self._pending: list[str] = []
        self.roles: dict[str, FakeFile | FakeFiles | None] = {}
        self._raw: dict[int, RawFile] = {}
        self._sizes: dict[str, int] = {}
        self._assumed: dict[str, int] = {}
        self._guesses: set[str] = set()
        self.captures = self._captures(plan.card.roles[0])

    # --- the scope

    def names(self) -> Iterable[str]:
        roles = [role.name for role in self.plan.card.roles]
        return [*roles, *self._lets, *self.captures, *self.constants.names()]

    def get(self, name: str) -> Value:
        role = self._role(name)
        if role is not None:
            return self.role(role)
        if name in self._lets:
            return self._let(name)
        return self.captures[name] if name in self.captures else self.constants.get(name)

    def locate(self, name: str) -> object:
        role = self._role(name)
        if role is not None:
            return self.role(role)
        if name in self._lets:
            return self._lets[name].locate(self)
        raise UnknownName(name)

    def find(self, needle: bytes, start: int | None) -> int:
        raise UnknownName(f"find({needle!r}, {start})")

    def _let(self, name: str) -> Value:
        if name not in self._values:
            if name in self._pending:
                raise fail("V0855", f"'{name}' needs itself", self._lets[name].text.place)
            self._pending.append(name)
            try:
                self._values[name] = self._lets[name].evaluate(self)
            finally:
                self._pending.pop()
        return self._values[name]

    # --- files

    def _role(self, name: str) -> Role | None:
        return next((role for role in self.plan.card.roles if role.name == name), None)

    def role(self, role: Role) -> FakeFile | FakeFiles | None:
        """Return the file or files of a role; None where an optional one is left out."""
        if role.name not in self.roles:
            absent = None if role.over is None else FakeFiles(role, [], [])
            self.roles[role.name] = self._open(role) if self._wanted(role) else absent
        return self.roles[role.name]

    def files(self) -> Iterator[FakeFile]:
        """Yield every file of the data set."""
        for role in self.plan.card.roles:
            found = self.role(role)
            if isinstance(found, FakeFile):
                yield found
            elif found is not None:
                yield from found.files

    def _wanted(self, role: Role) -> bool:
        given = self.plan.example.files.get(role.name, MISSING)
        if given is MISSING:
            return not role.optional or self.plan.example.has(role.name)
        return given is not False

    def _open(self, role: Role) -> FakeFile | FakeFiles | None:
        if role.named is not None:
            return self._named(role)
        pattern = self._pattern(role)
        if role.over is None:
            captures = {**self.captures, **self._captures(role)}
            return self._file(role, self._path(role, pattern, captures), captures, ())
        values = self._over(role, next(c for c in pattern.captures if c.name == role.over))
        files: list[FakeFile] = []
        for k, value in enumerate(values):
            captures = {**self.captures, **self._captures(role), role.over: value}
            files.append(self._file(role, self._path(role, pattern, captures), captures, (k,)))
        return self._ordered(role, FakeFiles(role, files, list(values)))

    def _ordered(self, role: Role, files: FakeFiles) -> FakeFiles:
        """Return files in the order of the card: by ``order:``, else by the value of the capture."""
        keys = [
            f.captures.get(role.over or "") if role.order is None else role.order.evaluate(f.scope)
            for f in files.files
        ]
        return files.pick(sorted(range(len(keys)), key=lambda i: keys[i]))  # type: ignore[arg-type,return-value]  # of one kind

    def _file(self, role: Role, path: str, captures: Mapping[str, Value], index: tuple[int, ...]) -> FakeFile:
        sheet = Sheet(self.plan, role, self.constants, index, libraries=self.libraries)
        own = {name: value for name, value in captures.items() if name not in self.captures}
        kind = FakeTable if role.text is not None and role.text.format == "csv" else FakeFile
        return kind(sheet, path, own, self, self.size)

    def _named(self, role: Role) -> FakeFile | FakeFiles | None:
        assert role.named is not None
        value = role.named.evaluate(self)
        if value is None:
            return None
        if isinstance(value, str):
            return self._file(role, self._beside(value), {}, ())
        names = [str(v) for v in (value.tolist() if isinstance(value, np.ndarray) else value)]  # type: ignore[union-attr]  # names
        own = [{} if role.over is None else {role.over: name} for name in names]
        files = [self._file(role, self._beside(name), own[k], (k,)) for k, name in enumerate(names)]
        return FakeFiles(role, files, list(names))

    def _beside(self, name: str) -> str:
        anchor = self.plan.card.roles[0]
        first = self.role(anchor)
        path = first.path if isinstance(first, FakeFile) else first.files[0].path if first is not None else ""
        folder = path.rpartition("/")[0]
        below = name.replace("\\", "/")
        return f"{folder}/{below}" if folder else below

    def alike(self, file: FakeFile) -> list[FakeFile]:
        """Return the files of all roles that are the same file."""
        return [one for one in self.files() if one.path == file.path]

    def size(self, file: FakeFile) -> int:
        """Return the size of a file; where that is needed to find it, the size that comes out as assumed."""
        if file.path in self._sizes:
            return self._sizes[file.path]
        if file.path in self._assumed:
            self._guesses.add(file.path)
            return self._assumed[file.path]
        self._assumed[file.path] = ENDLESS
        for _ in range(MAX_ROUNDS):
            self._guesses.discard(file.path)
            size = max(self._bytes_of(one) for one in self.alike(file))
            if size >= ENDLESS // 2:
                break
            if file.path not in self._guesses or size == self._assumed[file.path]:
                del self._assumed[file.path]
                self._sizes[file.path] = size
                return size
            self._assumed[file.path] = size
            self._forget()
        help = f"give '{file.role.name}.size' in the example"
        raise fail("V0855", f"the size of '{file.role.name}' depends on itself", file.role.place, help=help)

    def _bytes_of(self, file: FakeFile) -> int:
        own = file.own_bytes()
        return self.raw(file).nbytes if own is None else own

    def _forget(self) -> None:
        """Let go of what was computed from a size that was a guess."""
        self._values.clear()
        self._raw.clear()
        for file in self.files():
            file.forget()

    # --- captures

    def _pattern(self, role: Role) -> Pattern:
        given = self.plan.example.files.get(role.name, 0)
        k = given if isinstance(given, int) and not isinstance(given, bool) else 0
        if not 0 <= k < len(role.match):
            message = f"the example's pattern {k} of '{role.name}' is not there"
            raise fail("V0851", message, role.place, expected=f"0 to {len(role.match) - 1}")
        return role.match[k]

    def _path(self, role: Role, pattern: Pattern, captures: Mapping[str, Value]) -> str:
        given = self.plan.example.files.get(role.name)
        if isinstance(given, str):
            return given
        known = {c.name: captures[c.name] for c in pattern.captures if captures.get(c.name) is not None}
        return pattern.format(known)  # type: ignore[arg-type]  # captures are scalars

    def _captures(self, role: Role) -> dict[str, Value]:
        """Return values for the captures of a role, without the one it runs over."""
        if not role.match:
            return {}
        pattern = self._pattern(role)
        found = {c.name: self._capture(role, c) for c in pattern.captures if c.name != role.over}
        return {name: value for name, value in found.items() if value is not None}

    def _capture(self, role: Role, capture: Capture) -> Captured | None:
        given = self._given(role, capture.name)
        if isinstance(given, (int, float, str)) and not isinstance(given, bool):
            return given
        if not capture.required:
            return capture.default
        if capture.choices:
            return capture.choices[0]
        return {"int": 0, "float": 0.5, "path": ""}.get(capture.kind, capture.name)  # type: ignore[return-value]  # by kind

    def _given(self, role: Role, name: str) -> Given:
        captures = self.plan.example.captures
        given = captures.get(f"{role.name}.{name}", captures.get(name, MISSING))
        return given if given is MISSING else settle(given, self.plan.card, self.constants, {})

    def _over(self, role: Role, capture: Capture) -> Sequence[Captured]:
        given = self._given(role, capture.name)
        if isinstance(given, list) and given:
            return given
        self.plan.asked.add(capture.name)
        count = open_size(self.plan, capture.name, (), role) if self._counted(capture.name) else DEFAULT_FILES
        if capture.choices:
            return capture.choices[:count]
        if capture.kind == "int":
            return list(range(count))
        return (
            [float(k) for k in range(count)]
            if capture.kind == "float"
            else [f"{capture.name}{k}" for k in range(count)]
        )

    def _counted(self, name: str) -> bool:
        return name in self.plan.sizes or name in self.plan.example.auto

    # --- arrays

    def arrays(self) -> Iterator[tuple[ArraySpec, Scope, object]]:
        """Yield every array of the data set: its entry, its scope, and what its ``from:`` names."""
        for spec in self.plan.card.arrays:
            for scope in self._scopes(spec):
                if spec.condition is None or spec.condition.truth(scope):
                    yield spec, scope, None if spec.values is not None else self._source(spec, scope)

    def _source(self, spec: ArraySpec, scope: Scope) -> object:
        if spec.source is not None:
            try:
                return spec.source.locate(scope)
            except UnkeptError as error:
                return Unkept(error)
        return self.role(self.plan.card.roles[0])

    def _scopes(self, spec: ArraySpec) -> Iterator[Scope]:
        if spec.each is None:
            yield self._with_lets(spec, self)
            return
        name, expression = spec.each
        value = expression.evaluate(self)
        if value is None:  # a record with a count that is not there has no rows
            return
        items = value.tolist() if isinstance(value, np.ndarray) else list(value)  # type: ignore[arg-type]  # rows, a list or a column
        for item in items:
            yield self._with_lets(spec, Chain({name: item}, self))

    def _with_lets(self, spec: ArraySpec, scope: Scope) -> Scope:
        for let in spec.lets:
            scope = Chain({let.name: let.value.evaluate(scope)}, scope)
        return scope

    def raw(self, file: FakeFile) -> RawFile:
        """Return the arrays of a raw file."""
        if id(file) not in self._raw:
            mine = ((spec, scope) for spec, scope, source in self.arrays() if _holds(source, file))
            self._raw[id(file)] = raw_file(file, mine)
        return self._raw[id(file)]


def _holds(source: object, file: FakeFile) -> bool:
    return source is file or (isinstance(source, FakeFiles) and any(one is file for one in source.files))


def _param(param: Param, plan: Plan) -> int | float | str | bool:
    given = plan.example.params.get(param.name, param.default)
    if isinstance(given, (int, float, str, bool)):
        return float(given) if param.type == "float" and isinstance(given, int) else given
    rng = draws.generator(plan.seed, f"param {param.name}")
    invented: dict[str, int | float | str | bool] = {"float": 1.0, "str": param.name, "bool": False}
    return invented.get(param.type, draws.small_prime(rng))
