"""V01, continued: what cards take from one another, and types with parameters."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0191",
        "card",
        "an overlay names what the card does not have",
        "An overlay corrects params and arrays of the card by the names that they have there.",
        "arrays: {row: {attrs: {units: mV}}}",
        "arrays: {raw: {attrs: {units: mV}}}",
    ),
    Code(
        "V0190",
        "card",
        "an overlay changes metadata only",
        "The file of '--with' replaces attributes, coordinates and the defaults of params, nothing that "
        "decides where bytes lie. For anything else, copy the card and change the copy.",
        "arrays: {raw: {dtype: int32}}",
        "arrays: {raw: {attrs: {units: mV}}}",
    ),
    Code(
        "V0192",
        "card",
        "Another version of a used card",
        "The registry has the card, but not in the version that 'use' names. 1 stands for every 1.x.y, "
        "1.2 for every 1.2.x.",
        "use: {lab: {card: my-lab/headers, version: 1}}    # the registry has 2.0.0",
        "use: {lab: {card: my-lab/headers, version: 2}}",
    ),
    Code(
        "V0193",
        "card",
        "Cards that need each other",
        "A card may use or extend others, but not in a circle, and at most 16 in a row.",
        "a uses b, b uses a",
        "put what both need into a third card",
    ),
    Code(
        "V0194",
        "card",
        "A card that is not at hand",
        "'use' and 'extends' look in the registry of this vspec. A card that is loaded from a text alone "
        "has none; the card inside a map holds everything that it took from others.",
    ),
    Code(
        "V0195",
        "card",
        "Nothing to use",
        "A card that others use has types or tables under those keys.",
    ),
    Code(
        "V0196",
        "card",
        "The values of a type's parameters",
        "A type with 'params' takes one value for each of them, in parentheses: NAME(4, int16). A type "
        "without takes none.",
        "types: {block: {params: [n], ...}}\nfields: {b: block}",
        "types: {block: {params: [n], ...}}\nfields: {b: block(4)}",
    ),
)
