// District outlines: rings to draw, a label each, and which district a point lies in.

function polygonsOf(geometry) {
  if (geometry?.type === 'Polygon') return [geometry.coordinates];
  return geometry?.type === 'MultiPolygon' ? geometry.coordinates : [];
}

function boundsOf(rings) {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of rings.flat()) {
    bounds[0] = Math.min(bounds[0], lon);
    bounds[1] = Math.min(bounds[1], lat);
    bounds[2] = Math.max(bounds[2], lon);
    bounds[3] = Math.max(bounds[3], lat);
  }
  return bounds;
}

function readDistrict(feature) {
  const polygons = polygonsOf(feature.geometry);
  const rings = polygons.flat();
  const p = feature.properties ?? {};
  const bounds = boundsOf(rings);
  return {
    id: String(p.district_id ?? feature.id ?? ''),
    names: { zh: p.name_zh ?? '', en: p.name_en ?? p.name_zh ?? '' },
    at: [p.label_lon ?? (bounds[0] + bounds[2]) / 2, p.label_lat ?? (bounds[1] + bounds[3]) / 2],
    polygons,
    rings,
    bounds,
  };
}

/** Districts of a GeoJSON feature collection; features without an area are left out. */
export function readDistricts(geojson) {
  return (geojson?.features ?? []).map(readDistrict).filter((district) => district.rings.length > 0);
}

function crossesRing(ring, lon, lat) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Id of the district that holds a point, or null. Holes count as outside (even-odd rule). */
export function districtAt(districts, lon, lat) {
  for (const { id, bounds, polygons } of districts) {
    if (lon < bounds[0] || lon > bounds[2] || lat < bounds[1] || lat > bounds[3]) continue;
    const hit = polygons.some((rings) => rings.filter((ring) => crossesRing(ring, lon, lat)).length % 2);
    if (hit) return id;
  }
  return null;
}

/** Bounds (west, south, east, north) of all districts, or null when there are none. */
export function extentOf(districts) {
  if (!districts.length) return null;
  const edge = (pick, k) => pick(...districts.map(({ bounds }) => bounds[k]));
  return [edge(Math.min, 0), edge(Math.min, 1), edge(Math.max, 2), edge(Math.max, 3)];
}
