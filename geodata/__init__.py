"""What the city's data are and how they are read and stored."""
