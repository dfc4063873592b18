"""Dates and times, from the forms that headers write to ISO 8601."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from math import floor

import numpy as np

from vspec.expressions.access import whole
from vspec.expressions.columns import described
from vspec.expressions.functions.registry import Call, Function, table
from vspec.expressions.functions.texts import each, textual
from vspec.expressions.values import Value

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_FIELDS = {
    "%Y": r"(?P<Y>[0-9]{4})",
    "%y": r"(?P<y>[0-9]{2})",
    "%m": r"(?P<m>[0-9]{1,2})",
    "%d": r"(?P<d>[0-9]{1,2})",
    "%H": r"(?P<H>[0-9]{1,2})",
    "%M": r"(?P<M>[0-9]{1,2})",
    "%S": r"(?P<S>[0-9]{1,2})",
    "%f": r"(?P<f>[0-9]{1,9})",
    "%b": r"(?P<b>[A-Za-z]{3})",
    "%B": r"(?P<B>[A-Za-z]{3,9})",
    "%j": r"(?P<j>[0-9]{1,3})",
}
_SECONDS = "%s"
_FIRST = dt.datetime(1970, 1, 1)  # noqa: DTZ001  # headers give no zone
_COUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{0,15})?")
_PIECE = re.compile(r"%.?|\s+|[^%\s]+")
_PIVOT = 69
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,15}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)


def _date(call: Call, values: list[Value]) -> Value:
    form = textual(call, values[1], 1)
    if form.strip() == _SECONDS:
        return each(call, values[0], lambda value: _since_1970(call, value))
    pattern = _reader(call, form)
    pivot = whole(call.named.get("pivot", _PIVOT), call.site, 2)
    if not 0 <= pivot <= 100:
        raise call.site.fail(
            "V0227", f"pivot must lie between 0 and 100, is {pivot}", f"usage: {call.function.usage}"
        )

    def read(value: Value) -> Value:
        text = textual(call, value)
        match = pattern.fullmatch(text.strip())
        if match is None:
            help = f"the format '{form}' wants e.g. {_example(form)}"
            raise call.site.fail("V0239", f"{described(text)} is not a date of this format", help, 0)
        return _iso(call, text, match.groupdict(), pivot)

    return each(call, values[0], read)


def _since_1970(call: Call, value: Value) -> str:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    text = str(value) if number else textual(call, value).strip()
    count = Decimal(text) if number or _COUNT.fullmatch(text) else Decimal("NaN")
    if not count.is_finite():
        raise call.site.fail("V0239", f"{described(value)} is no number of seconds since 1970", part=0)
    try:
        seconds = floor(count)
        moment = _FIRST + dt.timedelta(seconds=seconds)
    except OverflowError:
        message = f"{text} seconds since 1970 is no date of the years 1 to 9999"
        raise call.site.fail("V0239", message, "are they milliseconds, or the byte order wrong?", 0) from None
    fraction = f"{count - seconds:f}".partition(".")[2].rstrip("0")
    return moment.isoformat() + (f".{fraction}" if fraction else "")


def _reader(call: Call, form: str) -> re.Pattern[str]:
    seen, parts = set[str](), list[str]()
    for piece in _PIECE.findall(form.strip()):
        if piece.isspace():
            parts.append(r"\s+")
        elif piece == "%%" or not piece.startswith("%"):
            parts.append(re.escape(piece.replace("%%", "%")))
        elif piece not in _FIELDS or piece in seen:
            message = (
                f"'{piece}' stands twice" if piece in seen else f"'{piece}' is not known in a date's format"
            )
            known = f"known are {' '.join(_FIELDS)}, and '{_SECONDS}' alone"
            raise call.site.fail("V0239", message, known, 1)
        else:
            seen.add(piece)
            parts.append(_FIELDS[piece])
    in_year = "%j" in seen or ("%d" in seen and bool(seen & {"%m", "%b", "%B"}))
    if not in_year or not seen & {"%Y", "%y"}:
        raise call.site.fail("V0239", f"'{form}' gives no year, month and day", "write e.g. '%Y-%m-%d'", 1)
    return re.compile("".join(parts))


def _iso(call: Call, text: str, found: Mapping[str, str | None], pivot: int) -> str:
    fields = {key: value for key, value in found.items() if value is not None}
    year = int(fields["Y"]) if "Y" in fields else _century(int(fields["y"]), pivot)
    hour, minute, second = (int(fields.get(key, 0)) for key in "HMS")
    try:
        day = _day(year, fields)
        moment = dt.datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001  # headers give no zone
    except ValueError as error:
        raise call.site.fail("V0239", f"{described(text)} is no date: {error}", part=0) from error
    if not fields.keys() & set("HMSf"):
        return moment.date().isoformat()
    fraction = f".{fields['f']}" if fields.get("f") else ""
    return moment.isoformat() + fraction


def _day(year: int, fields: Mapping[str, str]) -> dt.date:
    """Return the day by month and day, or by the day of the year (1 to 366). Raises `ValueError`."""
    if "j" not in fields:
        month = int(fields["m"]) if "m" in fields else _month(fields)
        return dt.date(year, month, int(fields["d"]))
    day = dt.date(year, 1, 1) + dt.timedelta(days=int(fields["j"]) - 1)
    if day.year != year:
        raise ValueError(f"{year} has no day {int(fields['j'])}")
    return day


def _century(year: int, pivot: int) -> int:
    return year + (1900 if year >= pivot else 2000)


def _month(fields: Mapping[str, str]) -> int:
    name = fields.get("b", fields.get("B", "")).lower()
    short = "b" in fields
    names = [m[:3] for m in _MONTHS] if short else _MONTHS
    return names.index(name) + 1 if name in names else 0


def _example(form: str) -> str:
    moment = {"%Y": "2024", "%y": "24", "%m": "03", "%d": "09", "%H": "14", "%M": "05", "%S": "59"}
    moment |= {"%f": "250", "%b": "Mar", "%B": "March", "%j": "069"}
    return re.sub(r"%.", lambda m: moment.get(m.group(), "%"), form)


def _elapsed(call: Call, values: list[Value]) -> Value:
    since, zone = _moment(call, textual(call, values[1], 1), 1)

    def read(value: Value) -> float:
        moment, own = _moment(call, textual(call, value), 0)
        if (own is None) != (zone is None):
            message = f"of {described(value)} and {described(values[1])} only one has a time zone"
            raise call.site.fail("V0239", message, "nothing tells how far apart they are", 0)
        return float(moment - since)

    if isinstance(values[0], np.ndarray) and not values[0].size:
        return np.empty(values[0].shape)
    return each(call, values[0], read)


def _moment(call: Call, text: str, part: int) -> tuple[Decimal, str | None]:
    """Return the seconds since 1970 of a moment in ISO 8601, and its zone; without one, as if it were UTC."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        help = "wanted is e.g. 2024-03-09T14:05:59.25+01:00; date(TEXT, FORMAT) makes it of other forms"
        raise call.site.fail("V0239", f"{described(text)} is not a moment in ISO 8601", help, part)
    day, clock, second, fraction, zone = found.groups()
    offset = "+00:00" if zone in (None, "Z") else zone if len(zone) > 3 else f"{zone}:00"
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock or '00:00'}:{second or '00'}{offset}")
    except ValueError as error:
        raise call.site.fail("V0239", f"{described(text)} is no date: {error}", part=part) from error
    whole_seconds = (moment - _FIRST.replace(tzinfo=dt.UTC)) // dt.timedelta(seconds=1)
    return whole_seconds + Decimal(f"0.{fraction or 0}"), zone


FUNCTIONS = table(
    Function("elapsed", "elapsed(text, since)", _elapsed, 2, 2),
    Function(
        "date",
        "date(text, FORMAT)  or  date(text, FORMAT, pivot=69)",
        _date,
        2,
        2,
        keywords=frozenset({"pivot"}),
    ),
)
