"""The state of the explore page, all of it in the address."""

from typing import Literal
from urllib.parse import parse_qs, urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from dashboard.wording.i18n import Language

DEFAULT_INDICATOR = "departures_per_hour"


class ExploreState(BaseModel):
    """The state of the page; `None` stands for the page's default."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    indicator: str = DEFAULT_INDICATOR
    component: str = "default"
    period: str | None = None
    res: Literal["auto", "7", "8", "9"] = "auto"
    district: str | None = None
    cell: str | None = None
    theme: Literal["dark", "light"] = "dark"
    lang: Language = "zh"
    camera: str | None = None

    @classmethod
    def parse(cls, search: str | None) -> "ExploreState":
        """Parse an address's query; what is invalid is left at its default."""
        given = {key: values[-1] for key, values in parse_qs((search or "").lstrip("?")).items()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = {item["loc"][0] for item in error.errors()}
            return cls.model_validate({k: v for k, v in given.items() if k not in wrong})

    def search(self, **changes: str | None) -> str:
        """Return the query of this state with changes; defaults are left out."""
        new = self.model_copy(update=changes)
        plain = ExploreState()
        kept = {
            name: value
            for name, value in new.model_dump().items()
            if value is not None and value != getattr(plain, name)
        }
        return f"?{urlencode(kept)}" if kept else "?"

    @property
    def cell_id(self) -> int | None:
        """Return the selected cell as a number, None where there is none or it is not one."""
        try:
            return int(self.cell, 16) if self.cell else None
        except ValueError:
            return None

    @property
    def camera_place(self) -> dict[str, float] | None:
        """Return the camera of the address, None where it has none or an invalid one."""
        try:
            lon, lat, zoom = (float(part) for part in (self.camera or "").split(","))
        except ValueError:
            return None
        return {"lon": lon, "lat": lat, "zoom": zoom}
