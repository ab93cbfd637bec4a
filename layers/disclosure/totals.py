"""What published totals tell of groups of numbers that they include: ranges by linear programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from layers.disclosure.audit import NO_FLOORS, Equation, Span, System, is_narrow, set_up

SHOWN, TOTAL_OF = "shown ", "total "


@dataclass(frozen=True)
class Group:
    """Hidden or free numbers that no published total distinguishes.

    Each piece is part of every total of its tuple. A hexagon across a boundary has a piece in
    each district; one inside a district, or a row of a nested table, has one piece.
    """

    pieces: tuple[tuple[str, ...], ...]
    size: int = 1


@dataclass(frozen=True)
class Totals:
    """What is left of each published total after subtracting its published members.

    `within` names withheld totals, each with the published one that includes it; None for none.
    """

    rest: Mapping[str, float]
    groups: Mapping[str, Group] = field(default_factory=dict)
    within: Mapping[str, str | None] = field(default_factory=dict)

    def system(self, floors: Mapping[str, float] = NO_FLOORS) -> System:
        """Return the equations; the unknowns are groups, their pieces and withheld totals."""
        members: dict[str, list[str]] = {key: [] for key in (*self.rest, *self.within)}
        equations = []
        for name, group in self.groups.items():
            pieces = [f"{name} piece {number}" for number in range(len(group.pieces))]
            equations.append(Equation(name, tuple(pieces)))
            for piece, counted_by in zip(pieces, group.pieces, strict=True):
                for total in counted_by:
                    if total in members:  # an unpublished total reveals nothing
                        members[total].append(piece)
        for withheld, parent in self.within.items():
            equations.append(Equation(TOTAL_OF + withheld, tuple(members.pop(withheld))))
            if parent is not None:
                members[parent].append(TOTAL_OF + withheld)
        equations += [Equation(SHOWN + key, tuple(each)) for key, each in members.items()]
        shown = {SHOWN + key: value for key, value in self.rest.items()}
        hidden = {key for each in equations for key in each.keys} - shown.keys()
        return set_up(shown, equations, hidden, floors)


def possible_ranges(
    totals: Totals, names: Iterable[str] | None = None, floors: Mapping[str, float] = NO_FLOORS
) -> dict[str, Span]:
    """Return the range of one member of each (named) group, given the totals: least, most.

    Of two or more members of a group one can be 0, since the others can be everything. `floors`
    says of groups how many of their members are at least 1.
    Totals that contradict each other protect nothing: 0 to 0.
    """
    system = totals.system(floors)
    found = {}
    for name in totals.groups if names is None else names:
        above_zero = floors.get(name, 0.0)
        size = totals.groups[name].size if name in totals.groups else 1
        try:
            least = min(above_zero, 1.0) if size > 1 else system.least(name)
            found[name] = (least, system.most(name) - max(above_zero - 1, 0.0))
        except ValueError:
            found[name] = (0.0, 0.0)
    return found


def narrow_groups(
    totals: Totals, names: Iterable[str], floors: Mapping[str, float], k: int
) -> set[str]:
    """Return the (named) groups and withheld totals of which a member is told too closely."""
    named = list(names)
    plain, closer = possible_ranges(totals, named), possible_ranges(totals, named, floors)
    return {name for name in named if is_narrow(plain[name], closer[name], k)}
