"""The tests of vspec. A package only so that `python -m tests.corpus` finds the corpus harness."""
