"""Plans none of which beats another in every objective, found, proven and kept."""
