"""From histories to models: lives cut, classes fitted, and when a service pays."""
