"""Containers: formats that say themselves where their arrays lie. One module a format, one protocol."""
