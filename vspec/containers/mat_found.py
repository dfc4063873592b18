"""What was found in a MATLAB file so far: arrays, texts as attributes of groups, and what is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vspec.containers.attributes import LARGEST_ATTRIBUTE, Attributes
from vspec.containers.model import Container, Entry, Lost
from vspec.containers.naming import one_name
from vspec.containers.verbatim import plain
from vspec.layout import Axis, Json

MOST = 100_000
"""Arrays and texts that are taken from one file."""


def stored_axes(path: str, shape: Sequence[int]) -> tuple[Axis, ...]:
    """Return the axes of a MATLAB array as stored: the first index is the fastest, and is ``axis_0``.

    They are called after the array, a cell after its cell array too.
    """
    *above, leaf = path.split("/")
    while leaf.partition("_")[0].isdecimal() and above:
        leaf = f"{above.pop()}_{leaf}"
    return tuple(plain(f"{leaf}_axis_{k}", size) for k, size in enumerate(shape))[::-1]


@dataclass(slots=True)
class MatFound:
    """Collects; paths are parts joined by slashes, and ``groups`` has one for each struct and cell array."""

    entries: dict[str, Entry] = field(default_factory=dict)
    groups: dict[str, dict[str, Json]] = field(default_factory=lambda: {"": {}})
    lost: list[Lost] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)
    _count: int = 0

    def variable(self, name: str) -> str | None:
        """Return the path of a variable, None for one that cannot have any; a name's second one counts."""
        reason = one_name(name)
        if reason is not None:
            self.lose(name, "data of MATLAB's own, without a name" if not name else reason)
            return None
        if name in self._names:
            self.lose(name, "an earlier variable of this name: the last counts")
            self._forget(name)
        self._names.add(name)
        return name

    def _forget(self, name: str) -> None:
        below = f"{name}/"
        for path in [
            path for path in (*self.entries, *self.groups) if path == name or path.startswith(below)
        ]:
            self.entries.pop(path, None)
            self.groups.pop(path, None)
        self.groups[""].pop(name, None)

    def room(self, path: str) -> bool:
        """Tell whether one more array or text is taken; the first that is not is noted."""
        self._count += 1
        if self._count == MOST + 1:
            self.lose(path, f"more than {MOST} arrays and texts in one file: this one and those after it")
        return self._count <= MOST

    def add(self, entry: Entry) -> None:
        """Add an array."""
        if self.room(entry.path):
            self.entries[entry.path] = entry

    def add_group(self, path: str, **attrs: Json) -> None:
        """Add a struct or a cell array."""
        self.groups[path] = attrs

    def add_text(self, path: str, lines: Sequence[str]) -> None:
        """Keep a text as an attribute of the group that it stands in: one line, or a list of them."""
        if not self.room(path):
            return
        parent, _, leaf = path.rpartition("/")
        if sum(map(len, lines)) > LARGEST_ATTRIBUTE:
            self.lose(path, f"a text of more than {LARGEST_ATTRIBUTE} characters")
            return
        attrs = Attributes(parent, self.lost)
        attrs.put(leaf, lines[0] if len(lines) == 1 else list(lines))
        self.groups.setdefault(parent, {}).update(attrs.found)

    def fold(self, path: str, count: int) -> None:
        """Make a cell array of nothing but texts one list, an attribute of the group that it stands in."""
        texts = self.groups.get(path, {})
        below = f"{path}/"
        names = [str(k) for k in range(count)]
        if not count or list(texts) != names or not all(isinstance(text, str) for text in texts.values()):
            return
        # Whatever lies below was added last.
        last = next(reversed(self.entries), ""), next(reversed(self.groups), "")
        if not any(name.startswith(below) for name in last):
            del self.groups[path]
            parent, _, leaf = path.rpartition("/")
            self.groups.setdefault(parent, {})[leaf] = [texts[name] for name in names]

    def lose(self, path: str, reason: str) -> None:
        """Note what no map can carry."""
        self.lost.append(Lost(path, reason))

    def container(self) -> Container:
        """Return all of it."""
        return Container(self.entries, self.groups, tuple(self.lost))
