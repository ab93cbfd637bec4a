"""Colours that a city declares, given to an element as the custom property its style sheet uses."""

from geodata.city.colour import as_css
from layers.catalogue.domains import Domain


def coloured(name: str, colour: str) -> dict[str, str]:
    """Return a `style` that sets `--<name>` to a declared colour."""
    return {f"--{name}": as_css(colour)}


def of_domain(domain: Domain) -> dict[str, str]:
    """Return the `style` of what belongs to a domain."""
    return coloured("domain", domain.colour)
