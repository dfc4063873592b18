"""Maps as somebody works with them: found where they are now, in the card's order, with coordinates."""
