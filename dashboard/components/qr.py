"""QR codes, made by the program itself: no service is asked."""

from io import BytesIO
from urllib.parse import quote

import segno
from dash import html


def qr_code(address: str, label: str) -> html.Img:
    """Return the code of an address as an image."""
    out = BytesIO()
    code = segno.make_qr(address, error="m")
    code.save(out, kind="svg", border=2, dark="#0b1116", light="#ffffff", xmldecl=False)
    source = f"data:image/svg+xml,{quote(out.getvalue().decode())}"
    return html.Img(src=source, alt=label, className="qr")
