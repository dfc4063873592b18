"""For authors of cards: files made from a card, and cards to start from."""
