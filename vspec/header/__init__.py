"""The header of a data set: field values, lazily, and where every field lies."""
