"""Writes operations-center.qgs with the system's own PyQGIS, and opens it again to check it.

Run with Debian's Python, which has QGIS, while the program serves:
QT_QPA_PLATFORM=offscreen /usr/bin/python3 docs/qgis/make_project.py [http://127.0.0.1:8050/ogc]
"""

import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer

DEFAULT = "http://127.0.0.1:8050/ogc"
PROJECT = Path(__file__).with_name("operations-center.qgs")
COLLECTIONS = {
    "hex_residents": "常住人口 Residents",
    "incidents": "警情数 Incidents",
    "hex_stop_coverage_pop_500": "站点 500 m 覆盖 Stop coverage",
    "districts": "行政区 Districts",
    "stops": "公交站点 Stops",
}


def main(base: str) -> int:
    """Write the project against `base`, check it, and let it point to the default address."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    project.setTitle("Smart Changchun")
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    for name, title in COLLECTIONS.items():
        address = f"url='{base}' typename='{name}' pagingEnabled='true' pageSize='1000'"
        project.addMapLayer(QgsVectorLayer(address, title, "OAPIF"))
    project.write(str(PROJECT))
    project.clear()
    opened = project.read(str(PROJECT))
    layers = sorted(project.mapLayers().values(), key=lambda layer: layer.name())
    for layer in layers:
        first = next(layer.getFeatures(), None)
        told = (layer.name(), layer.isValid(), layer.featureCount(), first and first.id())
        sys.stdout.write(f"{told}\n")
    is_right = opened and len(layers) == len(COLLECTIONS) and all(x.isValid() for x in layers)
    project.clear()
    text = PROJECT.read_text(encoding="utf-8").replace(base, DEFAULT)
    PROJECT.write_text(text, encoding="utf-8")
    sys.stdout.write("ok\n" if is_right else "failed\n")
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else DEFAULT))
