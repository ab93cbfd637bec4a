"""What the public screens of a city show: it is published, or they have nothing to show."""

from dashboard.scenes.model import Headline, load_kiosk
from geodata.city.configuration import City
from layers.disclosure.series import PublicHeadline


def public_headlines(city: City) -> tuple[PublicHeadline, ...]:
    """Return the numbers of the kiosk."""
    return tuple(public_headline(each) for each in load_kiosk(city).subjects.values())


def public_headline(shown: Headline) -> PublicHeadline:
    """Return a number of a screen as what is to be published for it."""
    return PublicHeadline(shown.indicator, shown.component, shown.days)
