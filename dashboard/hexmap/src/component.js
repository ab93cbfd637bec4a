// The Dash component: a thin React skin, in React as Dash brings it.

import { MapView } from './map_view.js';

const { createElement, useEffect, useRef } = window.React;

const WATCHED = [
  'cellsUrl',
  'valuesUrl',
  'palette',
  'breaks',
  'districtsUrl',
  'districtValues',
  'points',
  'labelObstacles',
  'selection',
  'camera',
  'theme',
  'language',
  'showLabels',
  'basemap',
  'label',
  'pixelRatioMax',
];

/** A map of H3 cells, coloured by a value column. */
export function HexMap(props) {
  const element = useRef(null);
  const view = useRef(null);
  const setProps = useRef(props.setProps);
  setProps.current = props.setProps;

  useEffect(() => {
    view.current = new MapView(element.current, (changes) => setProps.current?.(changes));
    return () => {
      view.current.remove();
      view.current = null;
    };
  }, []);

  useEffect(
    () => {
      view.current.update(props);
    },
    WATCHED.map((name) => props[name]),
  );

  return createElement('div', {
    id: props.id,
    ref: element,
    className: ['hexmap', props.className].filter(Boolean).join(' '),
    style: { position: 'relative', width: '100%', height: '100%', overflow: 'hidden', ...props.style },
  });
}
