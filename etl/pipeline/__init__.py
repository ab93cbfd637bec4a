"""The story of one file: plan, fetch, extract, transform, check, load."""
