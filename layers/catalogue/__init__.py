"""The catalogue: the models of an indicator, its measures and targets, and the entries."""
