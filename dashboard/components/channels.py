"""A channel on the screen: its number, or its short name where it has none, in its colour."""

from dash import html

from dashboard.components.colours import coloured
from geodata.city.channels import Channel
from geodata.city.configuration import City

UNDECLARED = "secondary"


def find_channel(city: City, key: str) -> Channel:
    """Return a channel; one that the city does not declare goes by its key."""
    found = next((each for each in city.channels if each.key == key), None)
    if found:
        return found
    return Channel.model_construct(
        key=key, kind="other", number=key, name_zh=key, name_en=key, colour=UNDECLARED
    )


def channel_mark(channel: Channel) -> str:
    """Return what stands for a channel in a narrow place."""
    return channel.number or channel.short[0]


def channel_style(channel: Channel) -> dict[str, str]:
    """Return the `style` of what belongs to a channel."""
    return coloured("channel", channel.colour)


def channel_badge(channel: Channel) -> html.Span:
    """Return the channel's mark in a frame."""
    return html.Span(channel_mark(channel), className="channel", style=channel_style(channel))
