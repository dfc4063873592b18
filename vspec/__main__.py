"""``python -m vspec`` is the command ``vspec``."""

from vspec.cli import main

main()
