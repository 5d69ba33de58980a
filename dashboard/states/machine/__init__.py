"""What pages of one machine, and of two side by side, are made of."""
