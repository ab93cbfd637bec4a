"""The published layers: their rows, the views that GIS clients see, and reads of their numbers."""
