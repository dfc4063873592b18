"""Where in a card a value was asked for: what every error of evaluation carries."""

from __future__ import annotations

from dataclasses import dataclass

from vspec.errors import Problem, Text, VspecError

MAX_LENGTH = 2000
MAX_DEPTH = 64
MAX_ELEMENTS = 10**7
MAX_OBJECTS = 10**6
"""Elements that are worked on one by one, or are texts: each needs more room than a number."""
_TOO_MANY = (
    "the limit is of the language, not of the data: rows are chosen by slices, rec[a:b], and stretches told "
    "by runs(), without a list of them; or a count from the file is wrong (type, byte order, offset)"
)
MAX_TEXT = 2**20
MAX_TEXTS = 2**26
"""Characters of all texts of a column."""


class Absent(VspecError):  # noqa: N818  # a finding, which get() may take
    """A name, key or index on a path that is not there; `get` turns it into its default."""

    def __init__(self, problem: Problem, site: Site) -> None:
        super().__init__([problem])
        self.site = site


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A sub-expression, with its operands or arguments as they are written."""

    text: Text
    parts: tuple[Text, ...] = ()

    def fail(self, code: str, message: str, help: str | None = None, part: int | None = None) -> VspecError:
        """Return the error with the place of this expression, or of one of its parts."""
        return VspecError([self._problem(code, message, help, part)])

    def absent(self, code: str, message: str, help: str | None = None, part: int | None = None) -> Absent:
        """Return the error that something on a path is not there."""
        return Absent(self._problem(code, message, help, part), self)

    def _problem(self, code: str, message: str, help: str | None, part: int | None) -> Problem:
        inside = part is not None and part < len(self.parts)
        text = self.parts[part] if part is not None and inside else self.text
        return Problem(code, message, text.place, help=help)

    def name(self, part: int) -> str:
        """Return a part as it is written, for messages."""
        return shortened(self.parts[part].value if part < len(self.parts) else self.text.value)

    def check_elements(self, count: int) -> None:
        """Refuse a result of more elements than a value may have."""
        if count > MAX_ELEMENTS:
            message = f"{self.shown()} would have {count} elements, {MAX_ELEMENTS} is the most"
            raise self.fail("V0903", message, _TOO_MANY)

    def check_objects(self, count: int) -> None:
        """Refuse to work on more elements one by one than a value may have that are no numbers."""
        if count > MAX_OBJECTS:
            message = f"{self.shown()} would work on {count} elements one by one, {MAX_OBJECTS} is the most"
            raise self.fail("V0903", message, _TOO_MANY)

    def check_text(self, length: int) -> None:
        """Refuse a text that is longer than a text may be."""
        if length > MAX_TEXT:
            message = f"{self.shown()} would be a text of {length} characters, {MAX_TEXT} is the most"
            raise self.fail("V0904", message)

    def check_texts(self, length: int) -> None:
        """Refuse a column of texts that are longer together than they may be."""
        if length > MAX_TEXTS:
            message = f"{self.shown()} would be texts of more than {MAX_TEXTS} characters"
            raise self.fail("V0904", message)

    def shown(self) -> str:
        """Return the expression in quotes, for messages."""
        return f"'{shortened(self.text.value)}'"


def shortened(text: str, most: int = 40) -> str:
    """Return a text cut to ``most`` characters for a message."""
    return text if len(text) <= most else text[: most - 3] + "..."
