"""Figures as plain functions of numbers: SVG text out, no browser needed to test them."""
