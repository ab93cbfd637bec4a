"""The commands of the command line: they join the rooms, which do not know each other."""
