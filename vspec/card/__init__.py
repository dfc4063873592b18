"""The card: its text, its grammar, its model. `vspec.card.load` makes a `vspec.card.model.Card`."""
