"""The screens: one Dash application with its pages, components, figures and pushes."""
