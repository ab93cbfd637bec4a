// The deck layers of one frame, from the state of the map.

import { PathLayer, ScatterplotLayer } from '@deck.gl/layers';
import { HexLayer } from './hex_layer.js';

function pathLayer(id, rings, colour, width, alpha = 255) {
  return new PathLayer({
    id,
    data: rings,
    getPath: (ring) => ring,
    getColor: [...colour, alpha],
    getWidth: width,
    widthUnits: 'pixels',
    jointRounded: true,
    capRounded: true,
    pickable: false,
    updateTriggers: { getColor: [...colour, alpha], getWidth: width },
    parameters: { depthCompare: 'always' },
  });
}

/** A line with a casing, so that it reads on bright and on dark cells alike. */
function casedPath(id, rings, colour, casing, width) {
  return [
    pathLayer(`${id}-casing`, rings, casing, width + 2.5, 150),
    pathLayer(`${id}-line`, rings, colour, width),
  ];
}

function hexLayer({ painted, theme, opacity }) {
  return patternLayer(`cells-${painted.entry.url}`, painted.data, painted.entry.geometry.origin, {
    apothem: painted.entry.mesh.apothem,
    theme,
    opacity,
  });
}

/** Districts have no outline of their own here, and are never too small for their pattern. */
function fillLayer({ fill, theme, opacity }) {
  return patternLayer('district-fill', fill.data, fill.origin, { apothem: 1, outline: false, theme, opacity });
}

/** The colour of a district of few cases beside its line, for its area is washed. */
function weakLayer(weak) {
  return new PathLayer({
    id: 'districts-weak',
    data: weak,
    getPath: ({ ring }) => ring,
    getColor: ({ colour }) => [...colour, 255],
    getWidth: 7,
    widthUnits: 'pixels',
    jointRounded: true,
    pickable: false,
    parameters: { depthCompare: 'always' },
  });
}

function patternLayer(id, data, origin, look) {
  return new HexLayer({
    id,
    data,
    ...look,
    coordinateSystem: 'cartesian',
    coordinateOrigin: [...origin, 0],
    pickable: false,
    parameters: { depthCompare: 'always' },
  });
}

/** Discs in one call, cased so that they read on bright and on dark cells alike. */
function pointLayer(points, theme) {
  return new ScatterplotLayer({
    id: 'points',
    data: points,
    getPosition: ({ at }) => at,
    getRadius: ({ radius }) => radius,
    getFillColor: ({ fill }) => fill,
    getLineColor: ({ line, hollow }) => (hollow ? line : theme.casing),
    getLineWidth: 1.6,
    radiusUnits: 'pixels',
    lineWidthUnits: 'pixels',
    stroked: true,
    filled: true,
    pickable: false,
    parameters: { depthCompare: 'always' },
  });
}

/** Layers from bottom to top: base map, cells or coloured districts, district outlines, the selected district, the selected cell, points. */
export function buildLayers(state) {
  const { painted, fill, districts, selection, selectedCell, theme, tiles } = state;
  const layers = [...tiles];
  if (fill) layers.push(fillLayer(state));
  else if (painted) layers.push(hexLayer(state));
  if (fill?.weak.length) layers.push(weakLayer(fill.weak));
  const rings = districts.flatMap((district) => district.rings);
  if (rings.length) layers.push(...casedPath('districts', rings, theme.district, theme.casing, 1.4));
  const chosen = districts.find(({ id }) => id === selection?.district);
  if (chosen) layers.push(...casedPath('district-selected', chosen.rings, theme.selection, theme.casing, 3));
  if (selectedCell) layers.push(...casedPath('cell-selected', [selectedCell], theme.selection, theme.casing, 2.5));
  if (state.points?.length) layers.push(pointLayer(state.points, theme));
  return layers;
}
