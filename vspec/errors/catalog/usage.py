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
        "vspec apply nifty data/",
        "vspec apply nifti/nifti1 data/",
    ),
    Code(
        "V0803",
        "card",
        "No card fits the data",
        "Neither the name patterns, constants and checks of the registered cards hold for these files. Cards that "
        "need params (raw files without a header) never identify: apply them by their id.",
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
        "One file cannot hold several maps",
        "Each data set gets a map of its own. Give a folder with -o, or the files of one data set as DATA.",
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
)
