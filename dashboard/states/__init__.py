"""What each screen shows of a snapshot, in no language: numbers, codes, the plant file's names."""
