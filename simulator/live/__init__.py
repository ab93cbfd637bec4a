"""Plays a simulated day live: lines appended to files, realtime messages added to a folder."""
