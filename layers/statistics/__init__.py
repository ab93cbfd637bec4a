"""Statistics over values: abnormal load, hot spots and their history, smoothing, sensitivity."""
