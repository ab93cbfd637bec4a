"""One module a page: its layout and its callbacks, registered explicitly on the application."""
