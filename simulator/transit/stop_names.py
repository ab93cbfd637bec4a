"""Names of bus stops, from the real places around them; no two stops share one."""

import numpy as np
from numpy.typing import NDArray

from simulator.ground.addresses import Gazetteer
from simulator.ground.planar import Floats

COMPASS = ("东", "东北", "北", "西北", "西", "西南", "南", "东南")
NEAR_M = 260.0
CANDIDATES = 12


def _bearing(offset_m: Floats) -> str:
    eighth = round(float(np.arctan2(offset_m[1], offset_m[0])) / (np.pi / 4)) % 8
    return COMPASS[eighth]


def _proposals(name: str, offset_m: Floats, metres: float) -> list[str]:
    """Return possible names of a stop near a named place, best first."""
    side = _bearing(offset_m)
    if metres <= NEAR_M:
        return [name, f"{name}{side}", f"{name}{side}路口"]
    if metres <= 1500:
        return [f"{name}{side}", f"{name}{side}路口", f"{name}{side}{round(metres, -2):.0f}米"]
    return [f"{name}{side}{metres / 1000:.0f}公里", f"{name}{side}{metres / 1000:.1f}公里"]


def name_stops(xy_m: Floats, gazetteer: Gazetteer) -> NDArray[np.str_]:
    """Return one name per place, unique; nearest named places are tried first."""
    distance, rows = gazetteer.nearest(xy_m, min(CANDIDATES, len(gazetteer.names)))
    taken: set[str] = set()
    names = []
    for number, (place, metres, near) in enumerate(zip(xy_m, distance, rows, strict=True)):
        proposals = [
            (level, text)
            for row, far in zip(near, metres, strict=True)
            for level, text in enumerate(
                _proposals(str(gazetteer.names[row]), place - gazetteer.xy_m[row], float(far))
            )
        ]
        ranked = [text for _, text in sorted(proposals, key=lambda item: item[0])]
        free = next((text for text in ranked if text not in taken), f"{ranked[0]}{number}站")
        taken.add(free)
        names.append(free)
    return np.array(names)
