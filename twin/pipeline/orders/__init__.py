"""Orders as rows, documents and reports: read, checked, written, told from what is none."""
