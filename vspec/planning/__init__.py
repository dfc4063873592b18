"""From a card's arrays and a header to array layouts: arithmetic on what the header located."""
