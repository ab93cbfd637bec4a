"""The wall's playlist: each scene's layer, camera, points and caption."""

from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.components.text import bilingual, two_lines
from dashboard.live.points import PointClass, find_overlays, points_property
from dashboard.maps.cameras import Camera, point_camera
from dashboard.maps.palettes import class_colours
from dashboard.read.context import ScreenContext
from dashboard.read.headlines import ResolvedHeadline, resolve, shown_values
from dashboard.read.values import (
    read_cached_values,
    read_layer_classes,
    read_one,
    read_period_coverage,
)
from dashboard.scenes.model import Scene, WallConfiguration
from dashboard.wording.i18n import LANGUAGES, translate
from dashboard.wording.numbers import is_shown
from dashboard.wording.periods import partial_words, period_text
from geodata.city.colour import as_css
from geodata.city.configuration import City
from geodata.clock import now, replayed
from layers.maps.urls import cells_address, values_address

STEP_BACK = 0.35  # zoom levels: the outer districts stay in view with their names
SCENE_PROPERTIES = (
    "cellsUrl",
    "valuesUrl",
    "palette",
    "breaks",
    "points",
    "camera",
    "selection",
)


@dataclass(frozen=True)
class Layer:
    """The hexagons of a scene."""

    subject: ResolvedHeadline
    palette: list[str]
    breaks: list[float]


@dataclass(frozen=True)
class Stop:
    """A scene with its layer; a scene of points alone has none."""

    scene: Scene
    layer: Layer | None


def build_stops(context: ScreenContext, configuration: WallConfiguration) -> list[Stop]:
    """Return the scenes that have something to show, in the order of the configuration.

    A layer without a value, or points of which there are none, would be an empty map under a title.
    """
    stops = []
    for scene in configuration.scenes:
        subject = resolve(context, scene.layer) if scene.layer else None
        if subject and has_values(context, scene, subject):
            stops.append(Stop(scene, build_layer(context, scene, subject)))
        elif scene.layer is None and has_points(context, scene):
            stops.append(Stop(scene, None))
    return stops


def has_values(context: ScreenContext, scene: Scene, subject: ResolvedHeadline) -> bool:
    """Return whether the layer has a value in its period: of the city, or of any hexagon."""
    asked = (context, subject.build, subject.period)
    if "city" in subject.indicator.geometry:
        whole = read_one(*asked, subject.component)
        if is_shown(whole.value, whole.status):
            return True
    cells = read_cached_values(*asked, "cell", subject.component, res=scene.res)
    return any(value is not None for value in shown_values(cells))


def has_points(context: ScreenContext, scene: Scene) -> bool:
    """Return whether there is a point of any of the scene's overlays now."""
    overlays = find_overlays(context.city)
    at = replayed() or now()
    found = (point for name in scene.overlays for point in overlays[name].read(context.engine, at))
    return next(iter(found), None) is not None


def build_layer(context: ScreenContext, scene: Scene, subject: ResolvedHeadline) -> Layer:
    """Return a scene's layer with its classes."""
    classes = read_layer_classes(context, subject.build, subject.component, scene.res)
    return Layer(subject, class_colours(classes, subject.indicator), list(classes.breaks))


def playlist(context: ScreenContext, stops: list[Stop]) -> list[dict[str, object]]:
    """Return the properties with which the browser plays the scenes, each with its caption."""
    return [
        {
            "key": stop.scene.key,
            "seconds": stop.scene.seconds,
            "overlays": list(stop.scene.overlays),
            "indicator": stop.layer.subject.indicator.key if stop.layer else None,
            **layer_addresses(context, stop),
            "points": points_property(context.city, stop.scene.overlays),
            "camera": camera_of(context, stop.scene),
            "caption": caption(context, stop, index, len(stops)),
        }
        for index, stop in enumerate(stops)
    ]


def layer_addresses(context: ScreenContext, stop: Stop) -> dict[str, object]:
    """Return the addresses of the layer, and its classes."""
    layer, res = stop.layer, stop.scene.res
    if layer is None:
        return {"cellsUrl": None, "valuesUrl": None, "palette": [], "breaks": []}
    return {
        "cellsUrl": cells_address(context.city, res),
        "valuesUrl": values_address(*layer.subject.layer, layer.subject.period, res),
        "palette": layer.palette,
        "breaks": layer.breaks,
    }


def camera_of(context: ScreenContext, scene: Scene) -> Camera:
    """Return a scene's camera: its own place, or the whole city."""
    own = scene.camera
    if own:
        return point_camera(own.lon, own.lat, own.zoom)
    home = context.city.camera
    return point_camera(home.lon, home.lat, home.zoom - STEP_BACK)


def caption(context: ScreenContext, stop: Stop, index: int, count: int) -> html.Div:
    """Return a scene's title, legend and source line."""
    return html.Div(
        [
            html.Header(
                [
                    two_lines(*title(stop), tag=html.H2),
                    html.Div(period_line(context, stop), className="caption"),
                    progress(index, count),
                ]
            ),
            html.Footer([scene_legend(context.city, stop), source_line(context, stop)]),
        ],
        className="scene-caption",
    )


def title(stop: Stop) -> tuple[str, str]:
    """Return the scene's own title, or the layer's name with its component, in both languages."""
    scene = stop.scene
    if stop.layer is None or scene.title_zh:
        return scene.title_zh, scene.title_en
    indicator = stop.layer.subject.indicator
    part = indicator.components.get(stop.layer.subject.component)
    if part is None:
        return indicator.label_zh, indicator.label_en
    return f"{indicator.label_zh} · {part.label_zh}", f"{indicator.label_en} · {part.label_en}"


def period_line(context: ScreenContext, stop: Stop) -> list[str | Component]:
    """Return period and resolution of the layer, and what part of the period is known."""
    if stop.layer is None:
        return [" ".join(translate("wall.now", code) for code in LANGUAGES)]
    subject = stop.layer.subject
    coverage = read_period_coverage(context, subject.build, subject.period, subject.component)
    partial = partial_words(coverage)
    return [
        html.Span(period_text(subject.period), className="number"),
        f" · H3 r{stop.scene.res}",
        *([html.Div(" · ".join(partial), className="partial-note")] if partial else []),
    ]


def progress(index: int, count: int) -> html.Div:
    """Return the scene's number and how many there are."""
    marks = [html.Span(className="on" if index == other else "") for other in range(count)]
    label = bilingual("wall.scene_of", number=index + 1, count=count, class_name="caption")
    return html.Div([*marks, html.Span(label, className="sr-only")], className="scene-progress")


def scene_legend(city: City, stop: Stop) -> html.Div:
    """Return the legend of the hexagons and of the points above them."""
    keys = [point_keys(city, name) for name in stop.scene.overlays]
    layer = stop.layer
    if layer is None:
        return html.Div(keys, className="legends")
    hexes = legend(layer.subject.indicator, layer.palette, layer.breaks)
    return html.Div([hexes, *keys], className="legends")


def point_keys(city: City, name: str) -> html.Div:
    """Return the legend of an overlay's points: one word for incidents, else one for each class."""
    overlay = find_overlays(city)[name]
    classes = overlay.classes(city)
    if overlay.word:
        swatches = html.Span([point_swatch(each) for each in classes])
        key = html.Span([swatches, words(overlay.word)], className="legend-state")
        return html.Div(key, className="legend-points")
    keys = [
        html.Span(
            [point_swatch(each), f"{each.label_zh} {each.label_en}"], className="legend-state"
        )
        for each in classes
    ]
    return html.Div(keys, className="legend-points")


def point_swatch(each: PointClass) -> html.Span:
    """Return a class of points as the map draws it."""
    colour = as_css(each.colour)
    style = {"borderColor": colour, "background": "none" if each.hollow else colour}
    return html.Span(className="point-swatch", style=style)


def words(key: str) -> str:
    """Return a text in both languages on one line."""
    return " ".join(translate(key, code) for code in LANGUAGES)


def source_line(context: ScreenContext, stop: Stop) -> html.Div | None:
    """Return the source line of the layer."""
    if stop.layer is None:
        return None
    build = stop.layer.subject.build
    return html.Div(source_text(context.city, build.sources, build.as_of), className="source-line")
