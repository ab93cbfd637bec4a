"""Reading the tables: one module per theme, `read_` functions that return frames."""
