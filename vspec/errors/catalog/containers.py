"""V03: containers, which say themselves where their arrays lie."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0360",
        "data",
        "The file is not of the container's format",
        "The role's `format:` says what kind of container its files are, and this file does not begin as "
        "such files do. Narrow the file pattern, or name the right format.",
        "files: {h: {match: '*', format: hdf5}}",
        "files: {h: {match: '*.h5', format: hdf5}}",
    ),
    Code(
        "V0361",
        "data",
        "The container is damaged",
        "Its own index leads outside the file, contradicts itself, or cannot be read. The file may have been "
        "cut short, or still be written; nothing is guessed.",
    ),
    Code(
        "V0362",
        "data",
        "An array of the container cannot be mapped",
        "The array is there, but its bytes are kept in a way that no reader of a map can follow. The message "
        "says which; `--materialize` copies the values where a library can read them.",
    ),
    Code(
        "V0363",
        "data",
        "A package is missing",
        "This container is read with the help of a package that is not installed here.",
        "pip install vspec-maps",
        "pip install 'vspec-maps[hdf5]'",
    ),
    Code(
        "V0346",
        "data",
        "Encoded bytes cannot be decoded",
        "The card says that these bytes are encoded, and they are not what that codec writes. Is the region "
        "where the card says it is, and the codec the right one? Else the file is damaged.",
    ),
    Code(
        "V0347",
        "card",
        "Encoded bytes cannot be mapped in this way",
        "A region of encoded bytes becomes one chunk, or one chunk of each of its arrays: it is decoded as a "
        "whole. What runs across regions in any other way has no chunk.",
    ),
    Code(
        "V0348",
        "data",
        "A region of encoded bytes holds more than the card describes",
        "What it decodes to goes on behind the last of all arrays in it. Mostly a size is wrong, in the card "
        "or in the file, and rows begin too early. What is meant to be there can be mapped as an array.",
    ),
    Code(
        "V0364",
        "data",
        "Something in a container is not in the map",
        "No map can carry it: text tables, references between objects, lists of unequal length. It is named "
        "here, with the reason, so that nothing is missed in silence.",
    ),
    Code(
        "V0365",
        "data",
        "The files of a data set differ where they are joined",
        "Files that become one array must agree in type, chunks, units and scale: anything else would be "
        "an average of what they say. Map the files apart, or those of each kind by a pattern of their own.",
    ),
    Code(
        "V0366",
        "data",
        "Chunks that were never written",
        "A container may leave chunks out and state a fill value for them, and so does the map. The engines "
        "'zarr' and 'kerchunk' of xarray take that value for a mark of missing data: whole numbers become "
        "floats, and what equals it, written or not, NaN. 'vspec.open' and mask_and_scale=False give the "
        "values as they are.",
    ),
)
