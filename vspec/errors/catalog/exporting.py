"""V08, continued: maps in other forms."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0870",
        "usage",
        "There is no such kind of export",
        "'vspec export --help' lists the forms that a map can be written in.",
        "vspec export maps/a.vspec.json --to zorr",
        "vspec export maps/a.vspec.json --to zarr",
    ),
    Code(
        "V0871",
        "usage",
        "The map has no such array",
        "'--only' takes the paths of arrays as 'vspec info' shows them.",
        "vspec export maps/a.vspec.json --to zarr --only rwa",
        "vspec export maps/a.vspec.json --to zarr --only raw",
    ),
    Code(
        "V0872",
        "usage",
        "An export would replace data",
        "vspec never touches the files that a map leads to, nor the map that it exports.",
        "vspec export maps/a.vspec.json --to zarr -o data/a.dat",
        "vspec export maps/a.vspec.json --to zarr -o a.zarr",
    ),
    Code(
        "V0873",
        "usage",
        "Something is there already",
        "An export does not write over anything, unless '--force' says so; and then the old output stays "
        "until the new one is whole.",
        "vspec export maps/a.vspec.json --to zarr -o a.zarr    # a second time",
        "vspec export maps/a.vspec.json --to zarr -o a.zarr --force",
    ),
    Code(
        "V0874",
        "environment",
        "An export needs a package",
        "Each form is written with the library that defines it. vspec asks for it only when it is wanted.",
    ),
    Code(
        "V0875",
        "data",
        "What was exported is not what the map gives",
        "An export is read back before it gets its name. What differs is never left behind: either a source "
        "changed while it was read, or the disk or a library is at fault.",
    ),
    Code(
        "V0876",
        "usage",
        "An array cannot be expressed",
        "Every form has things that it cannot hold. vspec leaves nothing out by itself: '--only' names what "
        "is to be written, and the message says what else would help.",
    ),
)
