"""Scores: values against targets, by indicator, domain, district and city; the city's status."""
