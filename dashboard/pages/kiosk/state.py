"""The state of the kiosk, in the address: language, district, subject; nothing of the visitor."""

from urllib.parse import parse_qs, urlencode

from pydantic import BaseModel, ConfigDict

from dashboard.scenes.model import DOMAINS, Domain
from dashboard.wording.i18n import Language, as_language


class KioskState(BaseModel):
    """The state of the kiosk; without a district the whole city, without a subject the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lang: Language = "zh"
    district: str | None = None
    subject: Domain | None = None

    @classmethod
    def parse(cls, search: str | None) -> "KioskState":
        """Read an address's query."""
        given = parse_qs((search or "").lstrip("?"))
        lang = as_language(given.get("lang", [None])[-1])
        wanted = given.get("subject", [None])[-1]
        subject = next((domain for domain in DOMAINS if domain == wanted), None)
        return cls(lang=lang, district=given.get("district", [None])[-1], subject=subject)

    def search(self, **changes: str | None) -> str:
        """Return the query of this state with changes."""
        new = self.model_copy(update=changes).model_dump()
        plain = KioskState().model_dump()
        kept = {k: v for k, v in new.items() if v is not None and v != plain[k]}
        return f"?{urlencode(kept)}" if kept else "?"
