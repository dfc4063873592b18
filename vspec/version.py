"""The version of vspec, which also stands in every map."""

__version__ = "0.1.0"
