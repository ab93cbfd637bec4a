"""Figures as plain functions of numbers that return SVG text, testable without a browser."""
