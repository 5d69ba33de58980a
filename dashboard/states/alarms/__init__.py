"""What the alarm page, its lists and its words are made of."""
