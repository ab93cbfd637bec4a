// Web Mercator "common space": the 512-unit square world, y northwards, in which the camera works.

const WORLD_UNITS = 512;
const DEG = Math.PI / 180;
const EARTH_CIRCUMFERENCE_M = 40_075_016.686;

/** Common-space x of a longitude in degrees. */
export function commonX(lon) {
  return (WORLD_UNITS / 360) * (lon + 180);
}

/** Common-space y of a latitude in degrees. */
export function commonY(lat) {
  return (WORLD_UNITS / 2) * (1 + Math.log(Math.tan(Math.PI / 4 + (lat * DEG) / 2)) / Math.PI);
}

/** Longitude and latitude of a common-space point. */
export function fromCommon(x, y) {
  const lat = 2 * Math.atan(Math.exp(Math.PI * ((2 * y) / WORLD_UNITS - 1))) - Math.PI / 2;
  return [(x * 360) / WORLD_UNITS - 180, lat / DEG];
}

/** Metres on the ground that one common-space unit spans at a latitude. */
export function metresPerUnit(lat) {
  return (EARTH_CIRCUMFERENCE_M / WORLD_UNITS) * Math.cos(lat * DEG);
}
