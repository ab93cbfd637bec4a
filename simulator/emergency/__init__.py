"""Calls of every emergency channel, the responses, and the files of the command centres."""
