"""V08: how a command was called, and what it finds on this machine."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0801",
        "environment",
        "The cards of vspec are missing",
        "The registry of cards travels with vspec as package data. An installation without it is incomplete.",
    ),
    Code(
        "V0802",
        "usage",
        "There is no such card",
        "A card is given by the path of its file, or by the id of one that comes with vspec: maker/format.",
        "vspec apply generic/row data/",
        "vspec apply generic/raw data/",
    ),
    Code(
        "V0803",
        "card",
        "No card fits the data",
        "Neither the name patterns, constants and checks of the registered cards hold for these files. "
        "Cards that need params (raw files without a header) never identify: apply them by their id.",
        "vspec identify mystery.dat",
        "vspec apply generic/raw mystery.dat --set dtype=int16 --set channels=64",
    ),
    Code(
        "V0804",
        "usage",
        "There is no such code",
        "Every message carries a code of the form V0312.",
        "vspec explain 312",
        "vspec explain V0312",
    ),
    Code(
        "V0805",
        "usage",
        "There is no such kind of card",
        "A starter card is raw (samples without a header), record (a header and records) or sibling "
        "(samples that a text file beside them describes).",
        "vspec new rig3.yaml --kind binary",
        "vspec new rig3.yaml --kind record",
    ),
    Code(
        "V0806",
        "usage",
        "The card exists already",
        "'vspec new' never writes over a file.",
        "vspec new rig3.yaml",
        "vspec new rig3-v2.yaml",
    ),
    Code(
        "V0807",
        "environment",
        "The card cannot be written",
        "The folder does not exist or is read-only.",
    ),
    Code(
        "V0808",
        "usage",
        "An overlay needs a card's file",
        "An overlay is merged into the text of a card before it is loaded.",
    ),
    Code(
        "V0810",
        "usage",
        "The card has no such param",
        "--set gives values to the params that the card declares; 'vspec check CARD' lists what it needs.",
        "--set chanels=64",
        "--set channels=64",
    ),
    Code(
        "V0811",
        "usage",
        "A param has a value of another type",
        "The card says whether a param is int, float, str or bool.",
        "--set channels=many",
        "--set channels=64",
    ),
    Code(
        "V0812",
        "usage",
        "A param needs a value",
        "A param without a default must be given with --set.",
        "vspec apply generic/raw data/",
        "vspec apply generic/raw data/ --set dtype=int16 --set channels=64",
    ),
    Code(
        "V0820",
        "usage",
        "The output is not a place for the maps",
        "Each data set gets a map of its own, in a file whose name ends in .vspec.json. Give a folder "
        "with -o, or such a name and the files of one data set as DATA.",
        "vspec apply rig3.yaml data/ -o all.vspec.json",
        "vspec apply rig3.yaml data/ -o maps/",
    ),
    Code(
        "V0821",
        "environment",
        "The output folder cannot be made",
        "The folder for the maps does not exist and cannot be created.",
    ),
    Code(
        "V0822",
        "environment",
        "The map cannot be written",
        "Writing failed. Nothing is half-written: the map that was there before is still there, or none.",
    ),
    Code(
        "V0823",
        "usage",
        "The base URL is not an address of data",
        "--base-url is where readers find the data root: an http, https or s3 address with neither query "
        "nor fragment nor blanks, or the file:/// URL of a folder.",
        "--base-url data.lab.org/rig3",
        "--base-url https://data.lab.org/rig3",
    ),
    Code(
        "V0824",
        "usage",
        "The target size of a chunk is out of range",
        "Chunks are between 1 KiB and 512 MiB: smaller ones are slower to find than to read, larger ones "
        "do not fit into what readers can handle.",
        "--chunk-bytes 4",
        "--chunk-bytes 4194304",
    ),
    Code(
        "V0825",
        "usage",
        "A map would replace data",
        "vspec never touches the files that it describes, nor files that it did not write. A map or its "
        "sidecar would have the path of one of them.",
        "vspec apply rig3.yaml data/a.vspec.json -o data/",
        "vspec apply rig3.yaml data/a.vspec.json -o maps/",
    ),
    Code(
        "V0826",
        "usage",
        "A size or a seed is out of range",
        "The sizes of made-up files are small whole numbers: such files are for tests and examples. "
        "A seed is 0 or more.",
        "vspec fake rig3.yaml -o sample/ --size time=-5",
        "vspec fake rig3.yaml -o sample/ --size time=997",
    ),
    Code(
        "V0827",
        "environment",
        "The files cannot be written",
        "The folder for made-up files cannot be made, or is read-only, or the disk is full.",
    ),
    Code(
        "V0828",
        "environment",
        "The system refused",
        "A file or folder cannot be read or written: the permissions, a full or a read-only disk, a file "
        "that another program holds. Nothing is half-written.",
    ),
    Code(
        "V0829",
        "environment",
        "The address cannot be had",
        "Another program listens at this port, the port is one that only an administrator may use, or the "
        "host is none of this machine's addresses.",
        "vspec serve maps/ --port 80",
        "vspec serve maps/ --port 8000",
    ),
    Code(
        "V0830",
        "usage",
        "Maps are shown to other machines",
        "A server at an address other than 127.0.0.1 lets everybody read the arrays of its maps who can "
        "reach the machine: it asks for no password and encrypts nothing. It never gives away anything else.",
        "vspec serve maps/ --host 0.0.0.0",
        "vspec serve maps/",
    ),
    Code(
        "V0850",
        "usage",
        "The card has no such example",
        "An example is an entry of 'examples:' with a name and a 'make:', which says what a file needs "
        "to make sense.",
        "vspec fake card.yaml --example tyni",
        "vspec fake card.yaml --example tiny",
    ),
    Code(
        "V0851",
        "card",
        "An example is not written as it must be",
        "'make:' is a mapping. 'captures', 'params', 'auto' and 'files' are mappings of names, the "
        "values are scalars or lists; everything else is the value of a header field, by its dotted path.",
        "make: {auto: {time: many}}",
        "make: {auto: {time: 1009}}",
    ),
    Code(
        "V0852",
        "card",
        "An example gives a value of something that the card does not have",
        "The paths of an example begin with a role and go on with the names of records and fields.",
        "make: {hdr.dims: [2, 3, 5]}",
        "make: {hdr.dim: [2, 3, 5]}",
    ),
    Code(
        "V0853",
        "card",
        "A value cannot be written",
        "A value of an example, or a constant of the card, does not fit the type or the sizes of its field.",
        "make: {hdr.n: 70000}        # n: uint16",
        "make: {hdr.n: 700}",
    ),
    Code(
        "V0854",
        "card",
        "An example has too few values",
        "A list under a field of a repeated record has one value for each row; a single value stands for "
        "all rows.",
        "make: {hdr.n: 3, hdr.channel.gain: [1, 2]}",
        "make: {hdr.n: 3, hdr.channel.gain: [1, 2, 4]}",
    ),
    Code(
        "V0855",
        "card",
        "An example must break a circle",
        "To make a file, each value must be known before what depends on it. Where a size depends on "
        "itself, the example gives it.",
        "make: {}                    # trailer: int64 @ size(rec) - 8",
        "make: {rec.size: 4096}",
    ),
    Code(
        "V0856",
        "card",
        "The contents of an array cannot be put together",
        "The axes that 'dims:' names are not those that were written, or rows of unequal sizes are not "
        "joined.",
        'dims: "file time -> time file"',
        'dims: "file time -> time=(file time)"',
    ),
    Code(
        "V0857",
        "usage",
        "The files would be too large",
        "Files with a layout may have 256 MiB and a million rows, and nothing may lie behind a size that "
        "the example gives. Raw files with one array may have any size, and so have repeated records of one "
        "size with '--window', which says where they are not zero.",
        "vspec fake card.yaml --size block=1000000000",
        "vspec fake card.yaml --size block=1000000000 --window 0:1000",
    ),
    Code(
        "V0858",
        "card",
        "Two values want the same bytes",
        "Fields or arrays of the card overlap. Where they share all their bytes the example gives values "
        "that agree.",
        "make: {hdr.code: 1, hdr.code_again: 2}",
        "make: {hdr.code: 1, hdr.code_again: 1}",
    ),
    Code(
        "V0859",
        "card",
        "The card refuses the files that were made for it",
        "After writing, the files are held against the card: constants, checks and arrays. What fails "
        "stands below; mostly the example must give one more value.",
        "make: {}                    # that: 1 <= hdr.dim[0] <= 7",
        "make: {hdr.dim: [3, 2, 3, 5, 1, 1, 1, 1]}",
    ),
    Code(
        "V0860",
        "usage",
        "The card does not notice this damage",
        "Each kind of damage needs something to damage: a constant for magic, a count for count, a "
        "sibling for missing. The help lists those that the card notices.",
        "vspec fake raw.yaml --damage magic",
        "vspec fake raw.yaml --damage truncated",
    ),
    Code(
        "V0861",
        "usage",
        "A file exists already",
        "fake never writes over anything.",
        "vspec fake card.yaml -o data/",
        "vspec fake card.yaml -o empty/",
    ),
    Code(
        "V0862",
        "usage",
        "No size of this name can be chosen",
        "'--size' gives the sizes that a card leaves open: of 'auto' axes, of 'rest', and the number of "
        "files of a role. All other sizes come from values of the header, which the example gives.",
        "vspec fake rig3.yaml -o sample/ --size tiem=997",
        "vspec fake rig3.yaml -o sample/ --size time=997",
    ),
    Code(
        "V0863",
        "usage",
        "vspec does not write containers",
        "A file of a role with the 'format:' of a container is written by that container's own library. "
        "'fake' makes the files of cards that describe bytes or texts themselves.",
    ),
)
