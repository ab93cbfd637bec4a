"""What the city's data is and how it is read and kept."""
