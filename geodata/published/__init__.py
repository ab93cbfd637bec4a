"""What may be published: layers, the views that GIS clients see, and reads of their numbers."""
