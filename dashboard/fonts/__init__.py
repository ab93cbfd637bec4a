"""Build-time tool for the fonts in assets/fonts; nothing here runs in the application."""
