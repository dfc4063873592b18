"""V06: constants, byte order and checks against the bytes."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0601",
        "data",
        "A constant does not stand in the file",
        "A field with '= VALUE' must hold that value: it is how a card recognises its format. Either the "
        "file is of another format or version, or its byte order is another, or it is damaged.",
        "magic: uint32 = 0xC6912703",
        "magic: uint32 = 0xC6912702",
    ),
    Code(
        "V0602",
        "data",
        "The byte order cannot be told",
        "The test of 'endian:' must hold for exactly one byte order. Where it holds for neither, the "
        "file is of another format; where it holds for both, the test cannot tell them apart.",
        "endian: {test: uint16 @ 0 = 257}",
        "endian: {test: int32 @ 0 = 348}",
    ),
    Code(
        "V0603",
        "card",
        "This is not a byte order",
        "An expression behind 'endian:' gives little or big.",
        "endian: hdr.order          # 1",
        "endian: little if hdr.order == 1 else big",
    ),
    Code(
        "V0604",
        "data",
        "A check of the card failed",
        "The card's author wrote down what must hold for files of this format. The message is theirs; "
        "the values that were looked at stand below it.",
        "that: size(bin) == meta.fileSizeBytes",
        "",
    ),
)
