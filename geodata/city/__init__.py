"""A city as configuration: its folder, the parts of it, and the files it names."""
