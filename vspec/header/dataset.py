"""All names of a card in front of one data set: roles, lets, params, captures, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vspec.card.constants import constants, library_constants
from vspec.card.model import Card, Let, Role
from vspec.errors import Place, Problem, VspecError
from vspec.expressions import UnknownName, Value
from vspec.header.containers import HeldFile, HeldFiles
from vspec.header.cycles import Pending
from vspec.header.elements import View
from vspec.header.home import Home
from vspec.header.roles import RoleFile, RoleFiles, in_order
from vspec.header.table_files import TableFile
from vspec.sources import DataFile, DataSet, Files, beside

ORDERS: Mapping[str, Value] = {"little": "little", "big": "big"}


@dataclass(frozen=True, slots=True)
class Constants:
    """Names that are the same for every data set of a card: tables, params, byte orders."""

    values: Mapping[str, Value]

    def names(self) -> Iterable[str]:
        return self.values

    def get(self, name: str) -> Value:
        if name not in self.values:
            raise UnknownName(name)
        return self.values[name]

    def locate(self, name: str) -> object:
        raise UnknownName(name)

    def find(self, needle: bytes, start: int | None) -> int:
        raise UnknownName(f"{needle!r} from {start}: no file to look in")


@dataclass(slots=True)
class Header:
    """The top-level scope of a data set; every value is computed when it is first asked for.

    ``warnings`` gathers what was found on the way and is no error (cut-off last records).
    """

    card: Card
    dataset: DataSet
    files: Files
    constants: Constants
    libraries: Mapping[tuple[str, ...], Constants] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)
    _roles: dict[str, RoleFile | RoleFiles | None] = field(default_factory=dict)
    _values: dict[str, Value] = field(default_factory=dict)
    _pending: Pending = field(default_factory=Pending)

    def names(self) -> Iterable[str]:
        lets = [let.name for let in self.card.lets]
        roles = [role.name for role in self.card.roles]
        return [*roles, *lets, *self.dataset.captures, *self.constants.names()]

    def get(self, name: str) -> Value:
        role = self._role(name)
        if role is not None:
            return self.role(role)
        if name in self._values:
            return self._values[name]
        let = self._let(name)
        if let is not None:
            self._values[name] = self._derive(let)
            return self._values[name]
        if name in self.dataset.captures:
            return self.dataset.captures[name]
        return self.constants.get(name)

    def locate(self, name: str) -> object:
        role = self._role(name)
        if role is not None:
            return self.role(role)
        let = self._let(name)
        if let is None:
            raise UnknownName(name)
        return let.value.locate(self)

    def find(self, needle: bytes, start: int | None) -> int:
        raise UnknownName(f"{needle!r} from {start}: no file to look in")

    # --- roles

    def _role(self, name: str) -> Role | None:
        for role in self.card.roles:
            if role.name == name:
                return role
        return None

    def role(self, role: Role) -> RoleFile | RoleFiles | None:
        """Return the file or files of a role; None where an optional one has none."""
        if role.name not in self._roles:
            self._roles[role.name] = self._pending.compute(role.name, role.place, lambda: self._open(role))
        return self._roles[role.name]

    def _open(self, role: Role) -> RoleFile | RoleFiles | None:
        if role.named is not None:
            return self._named(role)
        members = self.dataset.members.get(role.name, ())
        files = [self._file(role, member.file, member.captures) for member in members]
        if role.over is not None:
            values = [member.captures[role.over] for member in members]
            return in_order(self._many(role, files, values), [member.captures for member in members], self)
        return files[0] if files else None

    def _file(self, role: Role, file: DataFile, captures: Mapping[str, Value]) -> RoleFile:
        index = self.files.add(file)
        view = View(index, file.path, self.files.reader(index))
        if role.compression is not None:
            view = self._decompressed(view, role.compression)
        home = Home(view, self.card.types, self.constants, self.warnings, self.libraries, files=self.files)
        own = {k: v for k, v in captures.items() if k not in self.dataset.captures}
        if role.container is not None:
            return HeldFile(role, home, own, self, self.files)
        kind = TableFile if role.text is not None and role.text.format == "csv" else RoleFile
        return kind(role, home, own, self)

    def _decompressed(self, view: View, word: str) -> View:
        """Return what is inside a compressed file."""
        file, offset, nbytes = (np.array([n], np.int64) for n in (view.index, 0, view.bytes.size))
        (index,) = self.files.regions.add(file, offset, nbytes, ({"id": word},)).tolist()
        return View(index, f"{view.name} (decoded)", self.files.inside(index))

    def _many(self, role: Role, files: Sequence[RoleFile], values: Sequence[Value]) -> RoleFiles:
        return (RoleFiles if role.container is None else HeldFiles)(role, files, values)

    def _named(self, role: Role) -> RoleFile | RoleFiles | None:
        assert role.named is not None
        value = role.named.evaluate(self)
        if value is None:
            self._require_optional(role, "no file")
            return None
        if isinstance(value, str):
            return self._beside(role, value)
        names = [str(v) for v in (value.tolist() if isinstance(value, np.ndarray) else value)]  # type: ignore[union-attr]  # names
        found = [(name, self._beside(role, name)) for name in names]
        there = [(name, file) for name, file in found if file is not None]
        return self._many(role, [file for _, file in there], [name for name, _ in there])

    def _beside(self, role: Role, name: str) -> RoleFile | None:
        anchor = self.dataset.members[self.card.roles[0].name][0].file
        try:
            file = beside(anchor, self.files.root, name, role.any_case)
        except VspecError as error:
            place = role.named.text.place if role.named is not None else role.place
            raise VspecError([_placed(p, place) for p in error.problems]) from None
        if file is None:
            self._require_optional(role, name)
            return None
        return self._file(role, file, {} if role.over is None else {role.over: name})

    def _require_optional(self, role: Role, name: str) -> None:
        """Raise V0450 unless the role may go without this file."""
        if role.optional or role.missing == "skip":
            return
        anchor = self.dataset.members[self.card.roles[0].name][0].file
        place = role.named.text.place if role.named is not None else role.place
        problem = Problem(
            "V0450",
            f"{anchor.path} names '{name}', which is not there",
            place,
            data_file=anchor.path,
            expected=f"{name} beside {anchor.path}",
            help="was the file renamed or left behind? put it back beside its header,"
            " or mend the name in the header",
        )
        raise VspecError([problem])

    # --- lets

    def _let(self, name: str) -> Let | None:
        for let in self.card.lets:
            if let.name == name:
                return let
        return None

    def _derive(self, let: Let) -> Value:
        return self._pending.compute(let.name, let.place, lambda: let.value.evaluate(self))


def _placed(problem: Problem, place: Place) -> Problem:
    return problem if problem.place is not None else replace(problem, place=place)


def open_dataset(card: Card, dataset: DataSet, files: Files, params: Mapping[str, Value]) -> Header:
    """Return the scope of a data set; nothing is read yet."""
    libraries = {way: Constants({**ORDERS, **values}) for way, values in library_constants(card).items()}
    return Header(card, dataset, files, Constants({**ORDERS, **constants(card), **params}), libraries)
