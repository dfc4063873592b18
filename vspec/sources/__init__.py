"""The data: which files belong together, and reading them. The only room that knows paths."""

from vspec.sources.datasets import DataSet, Found, Member, beside, find
from vspec.sources.files import FIND_LIMIT, DataFile, PastEnd, Reader, data_file
from vspec.sources.listing import Listed, files_in, listed
from vspec.sources.paths import confine, display, file_url, find_any_case, local_path, printable, relative
from vspec.sources.positioned import Positioned
from vspec.sources.regions import FIRST_REGION
from vspec.sources.roots import require_folder
from vspec.sources.table import Files
from vspec.sources.whole import whole

__all__ = [
    "FIND_LIMIT",
    "FIRST_REGION",
    "DataFile",
    "DataSet",
    "Files",
    "Found",
    "Listed",
    "Member",
    "PastEnd",
    "Positioned",
    "Reader",
    "beside",
    "confine",
    "data_file",
    "display",
    "file_url",
    "files_in",
    "find",
    "find_any_case",
    "listed",
    "local_path",
    "printable",
    "relative",
    "require_folder",
    "whole",
]
