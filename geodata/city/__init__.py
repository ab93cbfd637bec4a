"""A city's configuration: its folder, its parts, the files it names, its travel assumptions."""
