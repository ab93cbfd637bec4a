"""The pages: each a layout and its callbacks, registered explicitly on the application."""
