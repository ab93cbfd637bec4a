// Cameras: what a page asks for, turned into what the view needs.

import { commonX, commonY, fromCommon } from './mercator.js';

const MIN_ZOOM = 3;
const MAX_ZOOM = 18;
const PADDING_SHARE = 0.04;
const NEAR_VIEWPORTS = 1.5;

function clampZoom(zoom) {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}

/** Camera {lon, lat, zoom} that shows `bounds` (west, south, east, north) in a view of pixels. */
export function fitBounds(bounds, width, height) {
  const [x0, x1] = [commonX(bounds[0]), commonX(bounds[2])];
  const [y0, y1] = [commonY(bounds[1]), commonY(bounds[3])];
  const room = 1 - 2 * PADDING_SHARE;
  const scale = Math.min((width * room) / (x1 - x0 || 1e-9), (height * room) / (y1 - y0 || 1e-9));
  const [lon, lat] = fromCommon((x0 + x1) / 2, (y0 + y1) / 2);
  return { lon, lat, zoom: clampZoom(Math.log2(scale)) };
}

/** A page's camera with bounds resolved and zoom kept in range; null when it says nothing usable. */
export function resolveCamera(camera, width, height) {
  if (!camera) return null;
  if (camera.bounds) return { ...fitBounds(camera.bounds, width, height), duration: camera.duration ?? 0 };
  const { lon, lat, zoom, duration = 0 } = camera;
  if (![lon, lat, zoom].every(Number.isFinite)) return null;
  return { lon, lat, zoom: clampZoom(zoom), duration };
}

/** How to get there: 'jump', 'glide' (near, a straight move) or 'fly' (far, out and in again). */
export function transitionKind(from, to, width, reducedMotion) {
  if (!from || !to.duration || reducedMotion) return 'jump';
  const away = Math.hypot(commonX(to.lon) - commonX(from.lon), commonY(to.lat) - commonY(from.lat));
  const viewports = (away * 2 ** Math.min(from.zoom, to.zoom)) / Math.max(1, width);
  return viewports <= NEAR_VIEWPORTS ? 'glide' : 'fly';
}

export const ZOOM_RANGE = Object.freeze({ minZoom: MIN_ZOOM, maxZoom: MAX_ZOOM });
