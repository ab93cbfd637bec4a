"""The wall's scenes: what the map shows at each stop, and the caption that goes with it."""

from dataclasses import dataclass

from dash import html

from dashboard.cameras import Camera, point_camera
from dashboard.components.legend import legend
from dashboard.components.provenance import source_text
from dashboard.components.text import bilingual, two_lines
from dashboard.context import Context
from dashboard.headlines import Subject, resolve
from dashboard.layer_urls import cells_url, values_url
from dashboard.palettes import class_colours
from dashboard.periods import period_text
from dashboard.readings import read_layer_classes
from dashboard.scenes.model import Scene, WallConfiguration

STEP_BACK = 0.35  # zoom levels: the outer districts stay in the picture and keep their names
SCENE_PROPERTIES = ("cellsUrl", "valuesUrl", "palette", "breaks", "camera")


@dataclass(frozen=True)
class Stop:
    """A scene with the layer it shows."""

    scene: Scene
    subject: Subject
    palette: list[str]
    breaks: list[float]


def build_stops(context: Context, configuration: WallConfiguration) -> list[Stop]:
    """Return the scenes whose layers are loaded, in the order of the configuration."""
    found = [(scene, resolve(context, scene)) for scene in configuration.scenes]
    return [build_stop(context, scene, subject) for scene, subject in found if subject]


def build_stop(context: Context, scene: Scene, subject: Subject) -> Stop:
    """Return a scene with its classes."""
    classes = read_layer_classes(context, subject.build, subject.component, scene.res)
    palette = class_colours(classes, subject.indicator)
    return Stop(scene, subject, palette, list(classes.breaks))


def playlist(context: Context, stops: list[Stop]) -> list[dict[str, object]]:
    """Return what the browser needs to turn the scenes."""
    return [
        {
            "seconds": stop.scene.seconds,
            "cellsUrl": cells_url(context, "city", stop.scene.res),
            "valuesUrl": values_url(stop.subject, "city", stop.scene.res),
            "palette": stop.palette,
            "breaks": stop.breaks,
            "camera": camera_of(context, stop.scene),
        }
        for stop in stops
    ]


def camera_of(context: Context, scene: Scene) -> Camera:
    """Return where a scene looks: at its own place, or at the city a little from afar."""
    own = scene.camera
    if own:
        return point_camera(own.lon, own.lat, own.zoom)
    home = context.city.camera
    return point_camera(home.lon, home.lat, home.zoom - STEP_BACK)


def captions(context: Context, stops: list[Stop]) -> list[html.Div]:
    """Return every scene's title, legend and source line; all but the first hidden."""
    return [
        html.Div(
            [
                html.Header(
                    [
                        two_lines(*title(stop), tag=html.H2),
                        html.Div(period_line(stop), className="caption"),
                        progress(index, len(stops)),
                    ]
                ),
                html.Footer(
                    [
                        legend(stop.subject.indicator, stop.palette, stop.breaks),
                        source_line(context, stop),
                    ]
                ),
            ],
            className="scene-caption",
            hidden=index > 0,
        )
        for index, stop in enumerate(stops)
    ]


def title(stop: Stop) -> tuple[str, str]:
    """Return the layer's name with its part, in both languages."""
    indicator = stop.subject.indicator
    part = indicator.components.get(stop.subject.component)
    if part is None:
        return indicator.label_zh, indicator.label_en
    return f"{indicator.label_zh} · {part.label_zh}", f"{indicator.label_en} · {part.label_en}"


def period_line(stop: Stop) -> list[str | html.Span]:
    """Return period and resolution."""
    return [
        html.Span(period_text(stop.subject.period), className="number"),
        f" · H3 r{stop.scene.res}",
    ]


def progress(index: int, count: int) -> html.Div:
    """Return which scene of how many this is."""
    marks = [html.Span(className="on" if index == other else "") for other in range(count)]
    label = bilingual("wall.scene_of", number=index + 1, count=count, class_name="caption")
    return html.Div([*marks, html.Span(label, className="sr-only")], className="scene-progress")


def source_line(context: Context, stop: Stop) -> html.Div:
    """Return where the layer comes from."""
    build = stop.subject.build
    return html.Div(
        source_text(build.sources, build.as_of, context.city.timezone), className="source-line"
    )
