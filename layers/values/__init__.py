"""From states to values: query, read, compute, confidence, coverage, true zero."""
