"""Number-plate reads: paired into travel times, then destroyed."""
