"""The Dash application: factory, pages, components and figures."""
