"""Readers: maps as untrusted files, and as groups that zarr opens."""
