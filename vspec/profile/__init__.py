"""The rules of the portable profile, held against maps before they are written and when they are read."""
