"""What the command line's commands do: they join the rooms, which do not know each other."""
