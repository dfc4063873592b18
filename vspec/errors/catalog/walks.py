"""V03, continued: rows that are found one after the other, and texts that end at a terminator."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0350",
        "data",
        "No row is the last one",
        "Records with 'repeat: {until: ...}' end with the one in which the condition holds. The end of the "
        "file, or the byte that 'to' names, comes before it. 'partial: warn' takes the rows that are there.",
        "repeat: {until: id == 0}      # the table ends with id 0xFFFF",
        "repeat: {until: id == 0xFFFF}",
    ),
    Code(
        "V0351",
        "data",
        "A chain that comes back",
        "Records with 'repeat: {next: ...}' lie where the one before says; the chain ends where that is "
        "none. A place that was visited before would be read for ever. Mostly 0 means the end in the file "
        "and the card does not say so.",
        "repeat: {next: link}",
        "repeat: {next: link if link > 0 else none}",
    ),
    Code(
        "V0352",
        "data",
        "A text without an end",
        "A type such as ascii('\\0') takes the bytes up to a terminator, which must come within 4 MiB.",
        "name: ascii('\\0')       # the file ends names with a line feed",
        "name: ascii('\\n')",
    ),
)
