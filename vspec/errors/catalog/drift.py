"""V074: maps against the sources that they were made from."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0740",
        "usage",
        "The map leads to another machine",
        "A map made with --base-url leads to a server. Verify and status look at files of this machine: "
        "let a copy of the map lead to a folder first.",
        "vspec verify remote.vspec.json",
        "vspec relocate remote.vspec.json /data/rig3 && vspec verify remote.vspec.json",
    ),
    Code(
        "V0741",
        "drift",
        "A source is missing",
        "A file that the map refers to is not below its root. Data that moved together are followed with "
        "'vspec relocate MAP ROOT'.",
    ),
    Code(
        "V0742",
        "drift",
        "A source has changed",
        "The bytes of a source are not those that the map was made from. References into it may give "
        "wrong values, so it is refused. A sealed block or the size differs; times are never looked at.",
    ),
    Code(
        "V0743",
        "drift",
        "A source grew",
        "The file is longer than it was, and what the map refers to is unchanged: a recording that went "
        "on. Make the map again to take in the rest.",
    ),
    Code(
        "V0744",
        "drift",
        "The sidecar is missing or damaged",
        "The file beside the map that holds copied chunks (padded tails, scattered values) is not the "
        "one that was written with it. Keep <name>.<digest>.vspec.bin beside <name>.vspec.json, or make the "
        "map again.",
    ),
    Code(
        "V0745",
        "drift",
        "Map and card do not make the same arrays",
        "The card inside the map makes other arrays than the map holds: the map was edited, or was made "
        "by another version of vspec.",
    ),
    Code(
        "V0746",
        "usage",
        "The root is not a folder",
        "relocate takes the folder that the sources lie below, by the same relative paths as before.",
        "vspec relocate a.vspec.json /data/rig3/a.dat",
        "vspec relocate a.vspec.json /data/rig3",
    ),
    Code(
        "V0747",
        "drift",
        "The map was not relocated",
        "relocate looks at the sources in the new folder first. As long as one of them is missing there, or "
        "is not what the map was made from, the map keeps leading to where it led.",
    ),
)
