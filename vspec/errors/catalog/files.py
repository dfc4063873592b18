"""V04: files, where they are and which belong together."""

from vspec.errors.catalog.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "V0401",
        "usage",
        "No such file or folder",
        "A file or folder given as DATA is not there. The message lists what its folder holds.",
        "vspec apply rig3.yaml recrodings/",
        "vspec apply rig3.yaml recordings/",
    ),
    Code(
        "V0402",
        "environment",
        "A folder cannot be listed",
        "The system does not let this user read the folder. For a folder that was given that is an error; "
        "for one further down it is a warning, since files in it are not seen and a data set may seem "
        "incomplete. After a few of them the others are only counted.",
        "a folder without the right to list it",
        "chmod u+rx the folder, or give a folder that can be read",
    ),
    Code(
        "V0403",
        "usage",
        "The root of a disk is no folder of data",
        "Everything given lies below one folder, the root of the data, and a map leads only to files below "
        "it. Where two folders have nothing in common but the root of a disk, or lie on two disks, there "
        "is no such folder. Nothing was searched.",
        "vspec apply rig3.yaml /data/monday /home/ann/tuesday",
        "vspec apply rig3.yaml /data/monday; vspec apply rig3.yaml /home/ann/tuesday",
    ),
    Code(
        "V0410",
        "data",
        "A path does not name a file",
        "A path that comes from a header or a map is empty, nothing but dots and separators, or longer "
        "than 4096 characters.",
        "DataFile=",
        "DataFile=rec1.eeg",
    ),
    Code(
        "V0411",
        "data",
        "A path climbs out of its folder",
        "Data and maps may name only files below the data root, so '..' is refused wherever it stands, "
        "also where it would lead back in.",
        "DataFile=..\\raw\\rec1.eeg",
        "DataFile=rec1.eeg, with both files in one folder",
    ),
    Code(
        "V0412",
        "data",
        "A path is absolute",
        "Data and maps may name only files below the data root. An absolute path is that of the computer "
        "on which the file was written.",
        "data file: /home/lab/rec1.raw",
        "data file: rec1.raw",
    ),
    Code(
        "V0413",
        "data",
        "A path names a drive, a network share or a stream",
        "Data and maps may name only files below the data root: neither 'D:...' nor '\\\\server\\share', nor "
        "a stream of a file on Windows ('name:stream').",
        "DataFile=D:\\data\\rec1.eeg",
        "DataFile=rec1.eeg",
    ),
    Code(
        "V0414",
        "data",
        "A URL where a path must stand",
        "Headers and maps cannot make vspec fetch anything: a name with a scheme such as 'http:' or "
        "'file:' is refused.",
        "data file: http://lab/rec1.raw",
        "data file: rec1.raw",
    ),
    Code(
        "V0415",
        "data",
        "A path holds a control character",
        "NUL, line ends and the like do not belong into a file name. In a header they are a sign that the "
        "text was cut at the wrong place or is damaged.",
        "a name of 16 bytes read as 20",
        "file_name: ascii(16)",
    ),
    Code(
        "V0416",
        "data",
        "A link leaves the data root",
        "Symbolic links are followed only while they stay below the data root: a card or a map must not "
        "be able to read other files of the machine.",
        "vspec apply card.yaml session/   # session/rec1.bin -> /store/rec1.bin",
        "vspec apply card.yaml /store/",
    ),
    Code(
        "V0417",
        "usage",
        "A path is not below the data root",
        "Sources are recorded relative to the data root, so each must lie below it.",
        "vspec relocate rec1.vspec.json /other/place",
        "vspec relocate rec1.vspec.json /the/folder/that/holds/the/sources",
    ),
    Code(
        "V0418",
        "data",
        "A file name is not valid UTF-8",
        "Some systems allow names of any bytes. JSON and URLs do not, so such a file cannot be part of a "
        "map.",
        "a name written in Latin-1 by an old system",
        "rename the file",
    ),
    Code(
        "V0419",
        "usage",
        "Not a local file",
        "Only 'file:' URLs of this system can be opened as local files. A map made on Windows names "
        "drives, which do not exist elsewhere.",
        "file:///D:/data/rec1.bin on Linux",
        "vspec relocate rec1.vspec.json /data",
    ),
    Code(
        "V0420",
        "usage",
        "No file matches",
        "No file below the data root matches a pattern of the card's first role. Patterns are compared "
        "with the end of a path: '{run}.bin' matches at any depth, 'raw/{run}.bin' only inside a folder "
        "'raw'. The message shows what is there.",
        'files: "*.data"     # the files are called *.dat',
        'files: "*.dat"',
    ),
    Code(
        "V0421",
        "data",
        "A file of a data set is missing",
        "Files belong together when the captures that their patterns share are equal. This data set lacks "
        "the file of a role that is not optional; the message says what it should be called and what is "
        "near it.",
        "run1.bin without run1.meta",
        "copy run1.meta to it, or write 'optional: true' in the role",
    ),
    Code(
        "V0422",
        "data",
        "Several files where one may be",
        "Two or more files match a role that takes one file for each data set, or have the same value of "
        "the capture that the role runs over.",
        "files: {bin: '{run}.bin', meta: '*.meta'}      # every .meta fits every run",
        "files: {bin: '{run}.bin', meta: '{run}.meta'}",
    ),
    Code(
        "V0423",
        "data",
        "Files are missing from a series",
        "The role runs over a whole number, and numbers between the first and the last have no file. "
        "Joining the others would shift everything after the hole, so that needs your word: 'missing: "
        "skip'.",
        "part_1.dat, part_2.dat, part_4.dat",
        "copy part_3.dat, or write 'missing: skip' in the role",
    ),
    Code(
        "V0424",
        "usage",
        "No data set begins with a given file",
        "A data set is named by the file of the card's first role. Another file that was given adds "
        "nothing; it is an error when no data set is left.",
        "vspec apply my-lab/rig3 run1.meta",
        "vspec apply my-lab/rig3 run1.bin",
    ),
    Code(
        "V0425",
        "card",
        "'order' gives values that cannot be compared",
        "The expression must give a number for each file, or a text for each file.",
        "order: n if n > 0 else 'first'",
        "order: n if n > 0 else -1",
    ),
    Code(
        "V0426",
        "data",
        "'order' does not decide the order",
        "The expression gives the same value for two files, so which comes first would be chance.",
        "order: n % 10",
        "order: int(reverse(n))",
    ),
    Code(
        "V0427",
        "data",
        "Two names differ only in case",
        "A name was looked up in any case, it is not there as written, and two others fit it.",
        "a header names DATA.RAW; there are Data.raw and data.raw",
        "rename one of the two",
    ),
    Code(
        "V0430",
        "environment",
        "A file is gone",
        "The file was there when the folder was listed, or a link leads to it, but it cannot be found now.",
        "a link of git-annex whose content was never fetched",
        "fetch or restore the file",
    ),
    Code(
        "V0431",
        "environment",
        "A file cannot be read",
        "The system refuses to open or to map the file.",
        "a file without the right to read it",
        "chmod u+r the file, or close the program that holds it",
    ),
    Code(
        "V0432",
        "environment",
        "A file has become shorter",
        "The file has fewer bytes now than when it was found: it is being written, copied or replaced.",
        "vspec apply during a copy",
        "wait until the copy is done",
    ),
    Code(
        "V0433",
        "data",
        "Not a regular file",
        "A folder, a pipe or a device stands where a data file should be.",
        "a folder called rec1.bin",
        "rename the folder",
    ),
    Code(
        "V0440",
        "usage",
        "Two data sets have one name",
        "Maps are called after their data sets, and nothing in the files' names tells these apart once "
        "characters that file systems refuse are replaced, and case is ignored.",
        "'a b?.bin' and 'a b*.bin' in one folder",
        "map them one at a time with -o, or rename one",
    ),
    Code(
        "V0450",
        "data",
        "A file that a header names is not there",
        "The header names a file of the data set, and there is no file of that name beside it or below its "
        "folder. Renaming the files of a recording without mending the names inside them does this.",
        "DataFile=session1.eeg      # the file is called rat7.eeg now",
        "DataFile=rat7.eeg",
    ),
)
