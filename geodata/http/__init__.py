"""What all our HTTP answers share: one table of errors, one shape to tell them, one limit."""
