"""Measurements: commands of their own, not tests."""
