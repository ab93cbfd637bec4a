"""Travel speeds in a city: by class of road, off the road, by time of day."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from geodata.declared import Declared

TimeOfDay = Literal["free", "day", "peak"]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]

_SPEEDS_KMH: dict[str, float] = {
    "motorway": 100, "trunk": 80, "primary": 60, "secondary": 50, "tertiary": 40,
    "motorway_link": 50, "trunk_link": 40, "primary_link": 40, "secondary_link": 35,
    "tertiary_link": 30, "unclassified": 40, "residential": 30, "living_street": 15, "service": 20,
}  # fmt: skip


class Travel(Declared):
    """Assumptions behind every travel time; a city overrides what it knows better."""

    speeds_kmh: dict[str, Positive] = Field(
        default=_SPEEDS_KMH, description="by highway class, where no sign gives a speed"
    )
    other_kmh: Positive = 30
    speed_factors: dict[TimeOfDay, Share] = Field(
        default={"free": 1.0, "day": 0.8, "peak": 0.6},
        description="what traffic leaves of the speed on the road",
    )
    access_kmh: Positive = Field(default=15, description="by car from a door to the next crossing")
    walk_m_per_min: Positive = 80
    snap_m: Positive = Field(default=2000, description="farther from any crossing: not reachable")
    morning_peak_h: tuple[float, float] = (8.25, 9.25)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if set(self.speed_factors) != {"free", "day", "peak"}:
            raise ValueError("speed_factors needs free, day and peak")
        if not 0 <= self.morning_peak_h[0] < self.morning_peak_h[1] <= 24:
            raise ValueError("morning_peak_h must be two hours of one day, in order")
        return self

    def class_speed_kmh(self, highway: str) -> float:
        """Return the speed taken on a road whose signs are unknown."""
        return self.speeds_kmh.get(highway, self.other_kmh)
