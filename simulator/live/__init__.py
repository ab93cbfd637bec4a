"""The simulated day as it happens: lines appended to files, realtime messages added to a folder."""
