"""What the wall and the kiosk show, as configuration."""
