"""What sources say, taken when it is due, put in order and appended once."""
