"""V03: layouts and arrays against the bytes of the files."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0301",
        "data",
        "The file ends too early",
        "A field, or all rows that a count announces, must lie inside the file. Counts are held against "
        "the bytes that remain before anything is read. Mostly the file is cut short or still being "
        "written; else the byte order, the version or a count in the card is wrong.",
        "count: uint32 @ 4          # read as 4294967295",
        "endian: big                # then it reads as 256",
    ),
    Code(
        "V0302",
        "data",
        "An offset is outside the file",
        "The expression behind '@' or 'at:' gives a byte that the file does not have. Offsets count from the "
        "start of the file: write '@ size(role) - 8' for bytes at its end.",
        "trailer: int64 @ -8",
        "trailer: int64 @ size(rec) - 8",
    ),
    Code(
        "V0303",
        "card",
        "This field cannot be used so",
        "The bytes of an array are numbers. Text can label an axis, and complex numbers can be located "
        "but not computed with.",
        "from: hdr.names            # names: ascii(16)[n]",
        "labels: hdr.names",
    ),
    Code(
        "V0304",
        "data",
        "The rows do not fit together",
        "One array needs rows of one kind: one element type, one byte order, the same inner axes. Select the "
        "rows that belong together, or make one array per kind with 'each:'.",
        "from: eeg.record.signal.samples       # signals of unequal rates",
        "from: eeg.record.signal[mine].samples",
    ),
    Code(
        "V0305",
        "card",
        "This is not a type, or not a codec",
        "A field's type is the name of a built-in type, a name of 'types:', or an expression that gives "
        "a type, such as an entry of a table. The id and the arguments of a codec may be computed as well, "
        "and must be those of one that there is.",
        "tables: {kinds: {1: int_16}}",
        "tables: {kinds: {1: int16}}",
    ),
    Code(
        "V0306",
        "data",
        "The bytes are not text of this encoding",
        "ascii() takes bytes below 128 only, so that no letter is changed silently. Name the encoding "
        "that the writer of the file used.",
        "unit: ascii(8)             # holds the byte 0xb5",
        "unit: latin1(8)",
    ),
    Code(
        "V0307",
        "data",
        "The text is not a number",
        "'as int' and 'as float' convert the whole text. Blanks are an error unless an 'else' value is "
        "given.",
        "n: ascii(8) as int",
        "n: ascii(8) as int if version > 1 else 0",
    ),
    Code(
        "V0308",
        "data",
        "A size or count is negative",
        "A size in the header came out below zero: the byte order or the version of the format is "
        "probably not what the card takes it to be.",
        "repeat: n_records          # -1 in this file",
        "repeat: n_records if n_records >= 0 else rest",
    ),
    Code(
        "V0309",
        "data",
        "Bytes are left over after the last whole record",
        "'rest' takes as many whole records as fit. A remainder is an error, because it may mean that "
        "the record size is wrong; 'partial: warn' leaves a cut-off last record out and says so.",
        "record: {repeat: rest, fields: {...}}",
        "record: {repeat: rest, partial: warn, fields: {...}}",
    ),
    Code(
        "V0310",
        "card",
        "A record without bytes cannot fill a file",
        "'repeat: rest' needs records that have a size.",
        "block: {repeat: rest, fields: {x: 'uint8[n=0]'}}",
        "block: {repeat: rest, fields: {x: 'uint8[n=4]'}}",
    ),
    Code(
        "V0311",
        "card",
        "A value needs itself",
        "The chain of names leads back to where it began. A field's place must not depend on a field "
        "behind it, a let not on itself.",
        "let: {a: b + 1, b: a - 1}",
        "let: {a: 4, b: a - 1}",
    ),
    Code(
        "V0312",
        "data",
        "The data are not a whole number of steps",
        "An axis of size 'auto' takes all bytes from the offset to the end of the file. They must be a "
        "whole number of steps of the other axes, else the shape, the dtype or the offset is wrong. The "
        "help proposes sizes of the last axis that would fit.",
        "shape: {time: auto, channel: 63}",
        "shape: {time: auto, channel: 64}",
    ),
    Code(
        "V0313",
        "card",
        "This cannot be run over",
        "'repeat: NAME in EXPR' and 'each: NAME in EXPR' run over a list, a column, rows or range(n).",
        "each: s in n_signals",
        "each: s in range(n_signals)",
    ),
    Code(
        "V0315",
        "data",
        "The array is larger than the file",
        "Offset and shape need more bytes than the file has. Mostly the file is cut short; else a size, "
        "the dtype or the offset is wrong.",
        "shape: {y: 1024, x: 1024}",
        "shape: {y: 512, x: 1024}",
    ),
    Code(
        "V0316",
        "card",
        "The dims do not fit the data",
        "Left of the arrow stand all axes of the data, slowest first; right of it each of them once.",
        'dims: "t z y w -> x y z t"',
        'dims: "t z y x -> x y z t"',
    ),
    Code(
        "V0317",
        "data",
        "Two sizes for one axis",
        "Within a group an axis name means one size, because readers align arrays by it. Put arrays that "
        "do not belong together into groups of their own, or name the axes apart.",
        "arrays: {ap: {shape: {time: n}}, lf: {shape: {time: m}}}",
        "arrays: {ap/data: {shape: {time: n}}, lf/data: {shape: {time: m}}}",
    ),
    Code(
        "V0318",
        "data",
        "Labels or a coordinate have another length than their axis",
        "Labels, gains and other coordinates run along an axis and have one value for each of its positions.",
        "channel: {labels: names}         # 385 names, 384 channels",
        "channel: {labels: 'names[0:384]'}",
    ),
    Code(
        "V0319",
        "data",
        "This cannot be the values of an array or axis",
        "Inlined values are numbers of one kind; text belongs in 'labels:' or 'attrs:'.",
        "values: hdr.names",
        "axes: {channel: {labels: hdr.names}}",
    ),
    Code(
        "V0320",
        "data",
        "Two arrays have the same path",
        "Each array of a data set needs a path of its own.",
        'name: "signal"                   # with each: s in range(3)',
        'name: "signal_{{ s }}"',
    ),
    Code(
        "V0321",
        "data",
        "No array is left",
        "Every entry of 'arrays:' was switched off by its 'if:' or ran over nothing, so there is nothing "
        "to map.",
        "if: hdr.version == 9",
        "checks: say which versions the card covers",
    ),
    Code(
        "V0322",
        "card",
        "'from:' does not name bytes",
        "'from:' names a role, or a field, column or selection of its layout. It is located, never read.",
        "from: hdr.dim + 1",
        "from: hdr.voxels",
    ),
    Code(
        "V0323",
        "data",
        "The rows along an axis differ in size",
        "Rows of unequal sizes can only be joined with the axis inside them, in the order written.",
        'dims: "file time channel"',
        'dims: "file time channel -> time=(file time) channel"',
    ),
    Code(
        "V0324",
        "card",
        "This cannot be the path of an array",
        "The pieces of a path are names: not empty, not '.' or '..', and not one of Zarr's own (.zarray "
        "...).",
        'name: "ap//{{ band }}"',
        'name: "ap/{{ band }}"',
    ),
    Code(
        "V0325",
        "card",
        "Two scales for one array",
        "scale_factor and add_offset among the attributes and a gain or offset along an axis would both "
        "scale the values. Only one of them can be meant.",
        "attrs: {scale_factor: 3}         # beside axes: {channel: {gain: 2}}",
        "axes: {channel: {gain: 2}}",
    ),
    Code(
        "V0326",
        "card",
        "Packed samples do not fill whole words",
        "Samples that share words (two of 12 bits in 3 bytes) are mapped by whole words: the sizes of the "
        "fastest axes must multiply to a multiple of the samples in a word, and inside a word none can be "
        "chosen. Round the size up and crop the axis. Only the last word of a recording may be unfilled: "
        "that of a raw file, or of a field with a place of its own (@ OFFSET) outside all records.",
        "samples: p212[sample=7]",
        'samples: p212[sample=8]          # and dims: "sample -> time:7=(sample)"',
    ),
    Code(
        "V0327",
        "data",
        "More is filled than there is room",
        "Of a slot 'n of 512' the first n positions count. Here n is negative, or larger than the slot: is "
        "the field that says n the right one, and are offset and byte order right?",
        "samples: int16[sample=n of 512]  # and n is 700",
        "samples: int16[sample=n of 1024]",
    ),
    Code(
        "V0328",
        "data",
        "There are gaps in the recording",
        "The times in the records do not follow each other by the step of the samples. Joined into one axis, "
        "everything behind a gap would stand at a wrong time. 'as: segment' makes a group of each stretch "
        "without gaps, with its own start.",
        "gaps: {at: rec.timestamp, step: 1e6 / rate, tolerance: 10}",
        "gaps: {at: rec.timestamp, step: 1e6 / rate, tolerance: 10, as: segment}",
    ),
    Code(
        "V0330",
        "card",
        "The layout contradicts itself",
        "The axes of an array, the records that make them and their sizes must agree: every stored axis "
        "is used once, and sizes multiply. A card that passes `vspec check` should never come here; if "
        "yours does, please report it with the card.",
        'dims: "block sample -> time=(block)"',
        'dims: "block sample -> time=(block sample)"',
    ),
    Code(
        "V0331",
        "data",
        "An array's bytes are not all in the file",
        "Every byte that an array needs must lie inside its file. Mostly the recording is cut short or "
        "still being written; else a count, an offset or the dtype is wrong.",
        "shape: {time: 1000, channel: 64}      # the file holds 640 rows",
        "shape: {time: auto, channel: 64}",
    ),
    Code(
        "V0332",
        "card",
        "Too many bytes would have to be copied",
        "A chunk of a map is one stretch of one file. A chunk that lies across the ends of two files or "
        "runs, or that needs padding, is copied into the map's sidecar: at most 2 % of the array, or 64 "
        "MiB. Beyond that the data would no longer be read in place; make segments, one array for each "
        "file or run.",
        "from: rec.samples                     # thousands of runs of unequal length",
        "each: r in runs(rec)",
    ),
    Code(
        "V0333",
        "card",
        "Too many references",
        "A map may hold 10^8 references. An array needs more when only a few of its bytes follow each "
        "other; larger chunks, or mapping the neighbours of a field along with it, make fewer.",
        "from: sample.left                     # two bytes out of every four",
        "from: sample                          # left and right as one axis",
    ),
    Code(
        "V0334",
        "card",
        "No portable map can hold this dtype",
        "Portable maps hold bool, integers of 8 to 64 bits, floats of 16 to 64 bits, and complex numbers "
        "as pairs of floats. Text belongs into attributes or labels, a record into one array per field.",
        "dtype: ascii(16)",
        "labels: hdr.names",
    ),
    Code(
        "V0335",
        "card",
        "The array has no bytes of its own",
        "A map points at bytes. Values that exist only after reading a text table or a stream over the "
        "whole file have none: 'vspec apply --materialize' converts them, and only them, into a file beside "
        "the map.",
    ),
    Code(
        "V0336",
        "card",
        "Packed samples cannot be mapped yet",
        "Samples of 10, 12 or 24 bits are not a number type that readers know. Map the raw bytes as uint8"
        " with an axis of bytes.",
        "adc: int24[channel=8]",
        "adc: uint8[channel=8, byte=3]",
    ),
    Code(
        "V0337",
        "data",
        "A stored chunk has an impossible length",
        "A chunk that is not compressed has exactly the bytes of its shape, and no chunk is empty. The "
        "file is damaged or still being written.",
    ),
    Code(
        "V0338",
        "data",
        "Missing chunks without a fill value",
        "A container may leave chunks out; then it must say which value they hold. Guessing a zero would "
        "make up data.",
    ),
    Code(
        "V0339",
        "card",
        "This attribute belongs to the map",
        "The attributes 'vspec' and '_ARRAY_DIMENSIONS' are written by vspec itself, so that readers can "
        "rely on them.",
        "attrs: {vspec: 1}",
        "attrs: {rig: 1}",
    ),
    Code(
        "V0340",
        "card",
        "The values do not fit the dtype",
        "Values given in the card or its header are stored as they are; a dtype that would cut them is "
        "refused.",
        "dtype: int8\nvalues: [1, 300]",
        "dtype: int16\nvalues: [1, 300]",
    ),
    Code(
        "V0341",
        "card",
        "float16 is not known to every reader",
        "Readers in Python read float16; zarrita, which browsers use, does not. The map is made all the "
        "same.",
        "dtype: float16",
        "dtype: float32",
    ),
    Code(
        "V0342",
        "card",
        "Chunks cannot be joined along this axis",
        "A container's chunks stay whole. They can be joined along an axis when each file or page ends "
        "with a whole chunk, and their own axes keep their order.",
        'dims: "page y x -> y page x"          # chunks hold several pages',
        'dims: "page y x"',
    ),
    Code(
        "V0343",
        "card",
        "This value cannot be written as JSON",
        "Attributes, labels and coordinates of a map are JSON, which knows neither NaN nor infinity. "
        "Leave the attribute out, or write text.",
        "attrs: {gain: '{{ 1 / 0.0 }}'}",
        "attrs: {gain: unknown}",
    ),
    Code(
        "V0345",
        "card",
        "Attributes of a group",
        "Under 'attrs' of the card, a key that begins with '/' is the path of a group and holds the "
        "attributes of that group; all other keys are attributes of the root. A mapping called like a "
        "group, without the '/', would end as one attribute of the root.",
        "attrs: {probe0: {device: probe-3A}}",
        "attrs: {/probe0: {device: probe-3A}}",
    ),
    Code(
        "V0344",
        "card",
        "This cannot stand in a map",
        "Before a map is written it is held against the rules by which maps are read: an array has at most "
        "32 axes, each smaller than 2**62; paths have no backslash and no control characters; the data lie "
        "below a folder that is not the root of a disk; and there are bounds for references, chunks and "
        "attributes.",
        "arrays: {'a\\\\b': {from: rec.samples}}",
        "arrays: {a/b: {from: rec.samples}}",
    ),
)
