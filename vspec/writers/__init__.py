"""Writers: a manifest in the formats that readers know."""
