"""Plans from the store: what is to be planned, solved, compared, suggested, kept up."""
