"""The stages of one file in order: plan, fetch, extract, transform, check, load."""
