"""Faults planted into copies of the package, and the tests that must notice them."""
