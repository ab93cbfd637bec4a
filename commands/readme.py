"""The README's table of settings, written from the settings themselves."""

import json
from pathlib import Path
from typing import Any

from geodata.settings import ROOT, Settings, setting_variables

README = ROOT / "README.md"
BEGIN = "<!-- settings, written by `app.py docs` -->"
END = "<!-- end of settings -->"


def settings_table() -> str:
    """Return a Markdown table, one row a setting in the order of the model."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name, variable in setting_variables().items():
        field = Settings.model_fields[name]
        rows.append(f"| `{variable}` | {_shown(field.default)} | {field.description} |")
    return "\n".join(rows)


def with_settings(text: str) -> str:
    """Return the README's text with the table as it is now between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


def _shown(default: Any) -> str:
    """Return a default as one would write it in the environment; nothing for none."""
    if default in (None, "", {}):
        return ""
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    if isinstance(default, Path):
        return f"`{default.relative_to(ROOT)}`"
    return f"`{json.dumps(default)}`" if isinstance(default, dict) else f"`{default}`"
