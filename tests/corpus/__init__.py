"""The corpus harness: real files, mapped by cards, against what independent readers see in them.

`python -m tests.corpus DIR` walks a folder that holds `INDEX.csv` (one row an entry: its files) and
`ORACLE.json` (what a reader of the format returned: shapes, hashes, first and last values). Modules:
`entries` reads the folder, `staging` lays one entry's files out alone, `driver` is the only one that
calls vspec, `matching` judges arrays (pure), `stated` reads what a reader states beside them, `semantics`
compares that with what the map says (pure), `running` takes one entry through all of it, `report`
counts and prints, `baseline` remembers the numbers.
"""
