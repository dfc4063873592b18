"""A card run backwards: files that fit it, written one value after the other, and what they hold.

Nothing here asks the header, planning or chunks where a byte lies: offsets come from the order
of writing alone, so that a wrong stride on the reading side cannot confirm itself.
"""
