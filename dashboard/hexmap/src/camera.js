// Cameras: what a page asks for, turned into what the view needs.

import { fitBounds, lngLatToWorld } from '@math.gl/web-mercator';

const MIN_ZOOM = 3;
const MAX_ZOOM = 18;
const PADDING_SHARE = 0.04;
const NEAR_VIEWPORTS = 1.5;

function clampZoom(zoom) {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}

/** Camera {lon, lat, zoom} that shows `bounds` (west, south, east, north) in a view of pixels. */
export function cameraOf([west, south, east, north], width, height) {
  const [beside, above] = [width * PADDING_SHARE, height * PADDING_SHARE];
  const { longitude, latitude, zoom } = fitBounds({
    width,
    height,
    bounds: [[west, south], [east, north]],
    padding: { left: beside, right: beside, top: above, bottom: above },
    maxZoom: MAX_ZOOM,
  });
  return { lon: longitude, lat: latitude, zoom: clampZoom(zoom) };
}

/** A page's camera with bounds resolved and zoom kept in range; null when it says nothing usable. */
export function resolveCamera(camera, width, height) {
  if (!camera) return null;
  const { bounds, lon, lat, zoom, duration = 0 } = camera;
  if (bounds) return bounds.every(Number.isFinite) ? { ...cameraOf(bounds, width, height), duration } : null;
  if (![lon, lat, zoom].every(Number.isFinite)) return null;
  return { lon, lat, zoom: clampZoom(zoom), duration };
}

/** How to get there: 'jump', 'glide' (near, a straight move) or 'fly' (far, out and in again). */
export function transitionKind(from, to, width, reducedMotion) {
  if (!from || !to.duration || reducedMotion) return 'jump';
  const [x0, y0] = lngLatToWorld([from.lon, from.lat]);
  const [x1, y1] = lngLatToWorld([to.lon, to.lat]);
  const away = Math.hypot(x1 - x0, y1 - y0);
  const viewports = (away * 2 ** Math.min(from.zoom, to.zoom)) / Math.max(1, width);
  return viewports <= NEAR_VIEWPORTS ? 'glide' : 'fly';
}

export const ZOOM_RANGE = Object.freeze({ minZoom: MIN_ZOOM, maxZoom: MAX_ZOOM });
