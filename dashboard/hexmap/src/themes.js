// Colours of everything on the map that is not a value class. A page may override any of them with a
// CSS custom property (--hexmap-zero: #1b2831), by theme under [data-theme="light"], which the map's
// element carries, so that legend and map take them from one place.

import { parseHex } from './colours.js';

const DARK = {
  ground: '#111a21',
  zero: '#606c76',
  zeroLine: '#3a464f',
  hatchGround: '#111a21',
  hatchLine: '#293945',
  dotGround: '#1a242c',
  dot: '#71838f',
  district: '#6d8394',
  casing: '#0b1116',
  label: '#e8eef3',
  labelHalo: '#0b1116',
  selection: '#ffffff',
  hover: '#e8eef3',
  sign: '#e8eef3',
  signGround: '#0b1116',
};

const LIGHT = {
  ground: '#f3f6f8',
  zero: '#7f8b95',
  zeroLine: '#b9c3ca',
  hatchGround: '#f3f6f8',
  hatchLine: '#d5dde3',
  dotGround: '#e9eef1',
  dot: '#6b7c88',
  district: '#5d7080',
  casing: '#ffffff',
  label: '#16222b',
  labelHalo: '#ffffff',
  selection: '#0b1116',
  hover: '#16222b',
  sign: '#16222b',
  signGround: '#ffffff',
};

function propertyName(key) {
  return `--hexmap-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Theme as {key: [r, g, b]}; `readProperty(name)` gives a CSS custom property or ''. */
export function resolveTheme(name, readProperty = () => '') {
  const base = name === 'light' ? LIGHT : DARK;
  return Object.fromEntries(
    Object.entries(base).map(([key, fallback]) => {
      const given = readProperty(propertyName(key)).trim();
      return [key, parseHex(/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(given) ? given : fallback)];
    }),
  );
}

/** CSS text of a theme colour. */
export function css([r, g, b], alpha = 1) {
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
