"""V07: maps, as they are written, read back and compared with their data."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0701",
        "data",
        "The map cannot be read",
        "A map is a JSON file that `vspec apply` wrote. The file is missing, is not text, is not JSON, or"
        " was cut short. Make the map again.",
        "vspec verify recording.bin",
        "vspec verify recording.vspec.json",
    ),
    Code(
        "V0702",
        "data",
        "The map is larger than allowed",
        "Maps may come from anywhere, so their size, the number of their references and the size of each "
        "part are bounded before anything is made of them.",
    ),
    Code(
        "V0703",
        "data",
        "This is no map of vspec",
        "A map holds 'version' 1 and 'refs', and its root attributes hold a key 'vspec' that tells where "
        "it comes from. Other Kerchunk files can be opened with fsspec and zarr directly.",
    ),
    Code(
        "V0704",
        "data",
        "A reference is malformed",
        "Each entry of a map is metadata, inlined bytes, or a file with an offset and a length, for a "
        "chunk that its array has. The map was changed by hand or damaged; make it again.",
    ),
    Code(
        "V0705",
        "data",
        "The metadata of an array are malformed",
        "Shape, chunks, dtype, order and fill value of an array must be those of the portable profile. "
        "The map was changed by hand or damaged; make it again.",
    ),
    Code(
        "V0706",
        "data",
        "The map points outside its data",
        "A map may name files below the root that it records, and the sidecar beside it; not '..', not "
        "another folder, not a link that leaves. Data that moved are followed by `vspec relocate MAP "
        "ROOT`.",
        '"root": "file:///data", "path": "../etc/passwd"',
        '"root": "file:///data", "path": "run1/a.bin"',
    ),
    Code(
        "V0707",
        "data",
        "The map uses another protocol",
        "References lead to local files, or to the http(s) or s3 address that the map declares as its "
        "root, never to anything else.",
        "ftp://example.org/a.bin",
        "https://example.org/data/a.bin      # apply --base-url https://example.org/data",
    ),
    Code(
        "V0708",
        "data",
        "The map asks for a codec that is not allowed",
        "Codecs are programs; only well-known ones that turn bytes into numbers are let through, since a "
        "map may come from anywhere. Python objects (pickle) are never decoded.",
    ),
    Code(
        "V0709",
        "data",
        "A reference has the wrong length",
        "A chunk without a compressor has exactly the bytes of its shape, and every reference ends inside"
        " its source. The map was changed by hand or damaged; make it again.",
    ),
    Code(
        "V0710",
        "environment",
        "A codec is missing or cannot encode",
        "Chunks that differ from the others in codec or shape are decoded and written again into the "
        "sidecar, which needs the codec. Install the package that provides it.",
    ),
    Code(
        "V0711",
        "data",
        "The configuration of a codec is malformed",
        "The codecs of packed maps (gather, bits, ibm32) take just the configurations that the reference "
        "page 'codecs' describes. The map was changed by hand or damaged; make it again.",
    ),
    Code(
        "V0712",
        "data",
        "A chunk does not fit its codec",
        "A packed chunk has the records, or words, that its codec names, neither more nor fewer: bytes that "
        "are missing are never made up. Mostly the recording was cut off or replaced after the map was made.",
    ),
    Code(
        "V0713",
        "usage",
        "The codecs of packed maps only read",
        "A packed map shows a recording as arrays. Nothing can be written through it, since a recording is "
        "never changed. Write a copy with codecs of Zarr's own.",
    ),
    Code(
        "V0714",
        "environment",
        "A library is not installed",
        "What was asked for is the work of a library that vspec needs for nothing else, so it is not "
        "installed with it. The message says how to get it.",
    ),
    Code(
        "V0720",
        "data",
        "The map gives other numbers than the data",
        "Every element that a reader gets through the map must be the one in the file. The message names "
        "the first that differs. Either the data changed since the map was made (`vspec status` tells), "
        "or the map or its sidecar was damaged: make it again.",
    ),
    Code(
        "V0721",
        "data",
        "The map gives another array than the card",
        "Shape, axes, dtype and attributes of the arrays and groups in the map must be those that the "
        "card inside it yields: a scale factor or an axis that someone edited would change what the "
        "numbers mean.",
    ),
    Code(
        "V0722",
        "data",
        "The map could not be read through",
        "A standard reader failed on a chunk: a source is missing or too short, or a reference is damaged.",
    ),
    Code(
        "V0723",
        "environment",
        "No independent reader for this array",
        "Arrays inside containers, and packed ones, are compared with what another reader returns. None "
        "is known here, so nothing was proved about this array.",
    ),
)
