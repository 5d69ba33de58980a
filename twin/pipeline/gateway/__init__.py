"""What other systems send over HTTP: readings, orders, and what was really done."""
