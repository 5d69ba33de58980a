"""What the order page and its lists are made of."""
