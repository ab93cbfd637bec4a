"""What one client may take of the server: time, connections, requests at once."""
