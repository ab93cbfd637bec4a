"""Calls of every emergency channel, their response, and the files that the centres send."""
