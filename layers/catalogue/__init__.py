"""The catalogue: what may be declared of an indicator, and the entries that are."""
