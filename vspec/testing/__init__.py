"""Public strategies and fixtures for tests of cards, layouts, maps and readers."""
