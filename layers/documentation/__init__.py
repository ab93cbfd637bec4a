"""Pages generated from the catalogue: every indicator, and the tests that prove it."""
