"""What the schedule page and the trade-offs are made of."""
