"""What machines ran, what they are expected to, and OEE."""
