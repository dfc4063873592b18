"""`fake`: files that fit a card, with known contents, from the card alone."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vspec.authoring.fakes.acceptance import require_accepted
from vspec.authoring.fakes.canvas import Canvas
from vspec.authoring.fakes.cuts import cut, grouped
from vspec.authoring.fakes.damage import DAMAGES, damage, possible
from vspec.authoring.fakes.data_sets import FakeSet
from vspec.authoring.fakes.examples import choose
from vspec.authoring.fakes.files import FakeFile, FakeFiles
from vspec.authoring.fakes.known import Known, UnkeptError, arranged, axes_of, in_order, stacked
from vspec.authoring.fakes.options import Faked, FakeOptions
from vspec.authoring.fakes.outputs import Outputs
from vspec.authoring.fakes.paths import path_of
from vspec.authoring.fakes.records import Struct
from vspec.authoring.fakes.sheets import Plan
from vspec.authoring.fakes.sparse import many_in
from vspec.authoring.fakes.sparse import write as write_rows
from vspec.authoring.fakes.streams import packed
from vspec.authoring.fakes.tables import together
from vspec.authoring.fakes.texts import TextPart
from vspec.authoring.fakes.usage import usage_of
from vspec.card.dims import parse_arrow
from vspec.card.model import ArraySpec, Arrow, Card
from vspec.errors import Problem, Text, VspecError, did_you_mean, fail
from vspec.expressions import Expression, Scope

__all__ = ["DAMAGES", "FakeOptions", "Faked", "damages", "fake"]

Arrays = dict[str, NDArray[np.generic]]


def fake(card: Card, out: Path, options: FakeOptions | None = None) -> Faked:
    """Write files of a data set below ``out`` and return what they hold.

    The contents come from the order in which values are written, never from where the card's
    reader finds them. The files are held against the card: V0859 says which of its checks they
    miss. Raises V0850 to V0858 for examples that do not fit the card, V0860 for a kind of damage
    that the card cannot notice, V0861 for a file that exists already, V0826 for a seed below 0,
    V0862 for a size that nothing asks for, V0863 for a card of containers. Only V0859 leaves files
    behind: those that it speaks of.
    """
    options = options or FakeOptions()
    _require_no_container(card)
    if options.seed < 0:
        raise fail("V0826", "a seed cannot be negative", expected="0 or more", found=str(options.seed))
    if options.damage is not None and options.damage not in DAMAGES:
        help = did_you_mean(options.damage, DAMAGES, "kinds of damage")
        raise fail("V0860", f"there is no damage '{options.damage}'", help=help)
    made = _made(card, options)
    contents = _Contents(made)
    files = contents.write(out)
    require_accepted(card, out, files, made.params)
    arrays, unkept = contents.arrays()
    refused: tuple[str, ...] = ()
    if options.damage is not None:
        refused = _spoil(options.damage, made, out, contents.outputs)
    left = tuple(file for file in files if file.exists())
    return Faked(left, arrays, made.params, unkept, options.damage, refused)


def _require_no_container(card: Card) -> None:
    problems = [
        Problem(
            "V0863",
            f"'{role.name}' is a container, {role.container}, which vspec reads and does not write",
            role.container_place,
            help="write a file with a library of that format, and apply the card to it",
        )
        for role in card.roles
        if role.container is not None
    ]
    if problems:
        raise VspecError(problems)


def damages(card: Card, options: FakeOptions | None = None) -> tuple[str, ...]:
    """Return the kinds of damage that the card notices in the files of an example."""
    made = _made(card, options or FakeOptions())
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        files = _Contents(made).write(out)
        require_accepted(card, out, files, made.params)
        return possible(made, out, files)


def _made(card: Card, options: FakeOptions) -> FakeSet:
    example = choose(card, options.example)
    return FakeSet(Plan(card, example, usage_of(card), options.seed, options.sizes, options.windows))


def _spoil(kind: str, made: FakeSet, out: Path, outputs: Outputs) -> tuple[str, ...]:
    problems = damage(kind, made, out, outputs.files)
    if problems:
        return tuple(dict.fromkeys(problem.code for problem in problems))
    kinds = ", ".join(possible(made, out, outputs.files)) or "none"
    outputs.undo()
    message = f"the card does not notice the damage '{kind}'"
    raise fail("V0860", message, made.plan.card.roles[0].place, help=f"it notices: {kinds}")


class _Contents:
    """The bytes of a data set's files, and the arrays in them."""

    def __init__(self, made: FakeSet) -> None:
        self._made = made
        self._raw: dict[int, bytes | None] = {}
        self.outputs = Outputs()

    def write(self, out: Path) -> tuple[Path, ...]:
        """Write all files; raises V0861 and V0862 before the first one."""
        planned = list(dict.fromkeys(out / file.path for file in self._made.files()))
        for path in planned:
            if path.exists():
                message = f"{path.name} exists already"
                raise fail("V0861", message, found=str(path), help="give an empty folder with -o")
        self._require_asked()
        try:
            for path in planned:
                self.outputs.prepare(path)
                roles = [file for file in self._made.files() if out / file.path == path]
                self._write(roles, path)
                if (word := roles[0].role.compression) is not None:
                    path.write_bytes(packed(path.read_bytes(), word))
        except VspecError:
            self.outputs.undo()
            raise
        return tuple(planned)

    def _require_asked(self) -> None:
        """Raise V0862 for sizes of the options that no file of the data set takes."""
        for file in self._made.files():
            _ = file.nbytes  # every size is asked for on the way
        plan = self._made.plan
        problems = [
            Problem(
                "V0862",
                f"the files have no size '{name}' that can be chosen",
                plan.card.roles[0].place,
                help=did_you_mean(name, sorted(plan.asked), "sizes that can be chosen"),
            )
            for name in plan.sizes
            if name not in plan.asked
        ]
        if problems:
            raise VspecError(problems)

    def _write(self, roles: list[FakeFile], path: Path) -> None:
        """Write a file, which may stand in for several roles: raw data first, then the header over it."""
        raw = [file for file in roles if file.content is None]
        others = [file for file in roles if file.content is not None]
        if raw and not others:
            self._write_raw(raw[0], path)
            return
        size = roles[0].nbytes
        headers = [file.content for file in others if isinstance(file.content, Struct)]
        many = [rows for header in headers for rows in many_in(header)]
        holes = [range(rows.offset, rows.offset + rows.nbytes) for rows in many]
        canvas = Canvas.blank(size, roles[0].role, holes)
        for file in raw:
            made = self._made.raw(file)
            self._raw[id(file)] = contents = made.contents(filler=False)
            for region in made.regions:
                data = contents[region.offset : made.end(region)]
                canvas.put(region.key, region.offset, data, region.spec.place)
        for file in others:
            content = file.content
            if isinstance(content, TextPart):
                canvas.put(content.path, 0, content.encoded(), file.role.place)
            elif isinstance(content, Struct):
                canvas.paint(content)
                canvas.stamp(file.role, file.endian)
        canvas.save(path)
        for rows in many:
            write_rows(path, rows, self._made.plan.windows or ())

    def _write_raw(self, file: FakeFile, path: Path) -> None:
        raw = self._made.raw(file)
        if not raw.kept:
            self._raw[id(file)] = None
            raw.stream(path)
            return
        self._raw[id(file)] = contents = raw.contents()
        path.write_bytes(contents.ljust(file.nbytes, b"\0"))

    # --- what the files hold

    def arrays(self) -> tuple[Arrays, tuple[str, ...]]:
        """Return the contents by path, and the paths of arrays that are too large to be kept."""
        arrays: Arrays = {}
        unkept: list[str] = []
        for spec, scope, source in self._made.arrays():
            path = path_of(spec.name, scope)
            if spec.values is not None:
                arrays[_unique(path, arrays, unkept)] = np.asarray(spec.values.evaluate(scope))
                continue
            try:
                known, order = self._contents(spec, source, scope)
            except UnkeptError:
                unkept.append(_unique(path, arrays, unkept))
                continue
            for group, part in () if known is None else cut(spec, known, _arrow(spec, scope), scope):
                name = _unique(grouped(path, group), arrays, unkept)
                inside = axes_of(part)
                arrays[name] = _shaped(spec, part, tuple(axis for axis in order if axis in inside), scope)
        return arrays, tuple(unkept)

    def _contents(
        self, spec: ArraySpec, source: object, scope: Scope
    ) -> tuple[Known | None, tuple[str, ...]]:
        """Return what an array holds, and the order of its axes where its card does not say."""
        if isinstance(source, (FakeFile, FakeFiles)):
            return self._raw_contents(spec, source, scope)
        if isinstance(source, list):
            return stacked("column", [column.known() for column in source]), ("column", "row")
        known: Known | None = source.known() if hasattr(source, "known") else None
        return known, () if known is None else axes_of(known)

    def _raw_contents(
        self, spec: ArraySpec, source: FakeFile | FakeFiles, scope: Scope
    ) -> tuple[Known | None, tuple[str, ...]]:
        files = [source] if isinstance(source, FakeFile) else list(source.files)
        parts: list[Known | None] = []
        listed: tuple[str, ...] = ()
        for file in files:
            contents = self._raw[id(file)]
            if contents is None:
                raise UnkeptError(file.role.name, spec.place)
            raw = self._made.raw(file)
            region = next(r for r in raw.regions if r.spec is spec and r.key == path_of(spec.name, scope))
            parts.append(raw.known(region, contents))
            listed = region.listed
        if isinstance(source, FakeFile):
            return parts[0], listed
        return together(parts, None, source.name, spec.place), (source.name, *listed)


def _shaped(spec: ArraySpec, known: Known, order: tuple[str, ...], scope: Scope) -> NDArray[np.generic]:
    """Return the contents with the axes that ``dims:`` asks for, else in ``order``."""
    arrow = _arrow(spec, scope)
    return in_order(known, order, spec.place) if arrow is None else arranged(known, arrow, scope)


def _arrow(spec: ArraySpec, scope: Scope) -> Arrow | None:
    if isinstance(spec.dims, Arrow):
        return spec.dims
    if isinstance(spec.dims, Expression):
        value = spec.dims.evaluate(scope)
        if isinstance(value, str):
            return parse_arrow(Text(value, spec.dims.text.place, exact=False))
    return None


def _unique(path: str, arrays: Mapping[str, object], unkept: list[str]) -> str:
    taken = {*arrays, *unkept}
    n = 2
    unique = path
    while unique in taken:
        unique, n = f"{path}_{n}", n + 1
    return unique
