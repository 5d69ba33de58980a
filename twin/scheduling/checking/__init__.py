"""What the checker recomputes, apart from all that makes plans."""
