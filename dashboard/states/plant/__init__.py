"""What the plant page and its lists are made of."""
