// The map itself: takes properties in, keeps what is painted, reports what happened. Knows no React.

import { Deck, FlyToInterpolator, LinearInterpolator, MapView as DeckMapView } from '@deck.gl/core';
import { cellToBoundary, isValidCell, latLngToCell } from 'h3-js';
import { ZOOM_RANGE, resolveCamera, transitionKind } from './camera.js';
import { CellStore } from './cell_store.js';
import { colourTable, paintCells } from './colours.js';
import { decodeValues } from './decode.js';
import { districtAt, readDistricts } from './districts.js';
import { fetchBuffer, persist, RefusedError } from './fetching.js';
import { Latest } from './latest.js';
import { buildLayers } from './layer_list.js';
import { Overlay } from './overlay.js';
import { Pointer } from './pointer.js';
import { VISUAL, VISUAL_NAMES } from './states.js';
import { css, resolveTheme } from './themes.js';

const VIEWPORT_QUIET_MS = 150;
const CJK_FONT = '"Noto Sans SC"';
const sharedCells = new CellStore();

function reducedMotion() {
  return window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function easeInOut(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2;
}

/** A decoded answer that is wrong will be wrong again: never ask for it twice. */
function decoded(read) {
  try {
    return read();
  } catch (error) {
    throw new RefusedError(error.message);
  }
}

export class MapView {
  #props = {};
  #steps = new Latest();
  #outlines = new Latest();
  #districts = [];
  #painted = null;
  #loading = false;
  #hoveredCell = null;
  #awaitingPaint = false;
  #clicks = 0;
  #moves = 0;
  #viewState = null;
  #framed = false;
  #quiet = null;
  #problem = null;

  /** `report(properties)` receives what the component tells the page. */
  constructor(container, report, store = sharedCells) {
    this.container = container;
    this.report = report;
    this.store = store;
    this.theme = resolveTheme('dark');
    this.#createDeck();
  }

  // ---- life -------------------------------------------------------------------------------------

  #createDeck() {
    this.deck = new Deck({
      parent: this.container,
      views: new DeckMapView({ repeat: false }),
      controller: {
        dragRotate: false,
        touchRotate: false,
        doubleClickZoom: false,
        doubleClickDragZoom: false,
        keyboard: { rotateSpeedX: 0, rotateSpeedY: 0 },
        inertia: 250,
      },
      useDevicePixels: this.#pixelRatio(),
      initialViewState: { longitude: 0, latitude: 0, zoom: ZOOM_RANGE.minZoom },
      layers: [],
      getCursor: ({ isDragging }) => (isDragging ? 'grabbing' : 'default'),
      onViewStateChange: ({ viewState }) => this.#moved(viewState),
      onAfterRender: () => this.#afterRender(),
      onResize: () => this.#resized(),
      onDeviceInitialized: (device) => this.#watchContext(device),
      onError: (error) => this.#fail(`map: ${error.message}`),
    });
    this.canvas = this.container.querySelector('canvas');
    this.canvas.setAttribute('role', 'application');
    this.overlay = new Overlay(this.container);
    this.pointer = new Pointer(this.canvas, {
      onClick: (x, y) => this.#clicked(x, y),
      onHover: (x, y) => this.#hovered(x, y),
      onLeave: () => this.#left(),
    });
  }

  /** A lost context (driver reset, another page took the GPU) is answered with a new one. */
  #watchContext(device) {
    device.lost?.then(() => {
      if (!this.deck) return;
      this.#destroyDeck();
      this.#createDeck();
      this.#applyCanvas();
      if (this.#viewState) this.deck.setProps({ initialViewState: { ...this.#viewState, transitionDuration: 0 } });
      this.#awaitingPaint = this.#painted !== null;
      this.#renderLayers();
    });
  }

  #destroyDeck() {
    const { device } = this.deck;
    this.pointer.remove();
    this.overlay.remove();
    this.deck.finalize();
    // deck.gl leaves its WebGL context alive after finalize(); browsers allow only a few.
    device?.canvasContext?.destroy();
    device?.gl?.getExtension('WEBGL_lose_context')?.loseContext();
    this.deck = null;
  }

  remove() {
    this.#steps.close();
    this.#outlines.close();
    clearTimeout(this.#quiet);
    const doomed = this.deck;
    if (doomed) this.#destroyDeck();
    this.report = () => {};
  }

  // ---- properties in ----------------------------------------------------------------------------

  update(next) {
    const before = this.#props;
    this.#props = next;
    const changed = (...names) => names.some((name) => next[name] !== before[name]);
    if (changed('theme')) this.#restyle();
    if (changed('label', 'theme', 'pixelRatioMax')) this.#applyCanvas();
    if (changed('districtsUrl')) this.#loadDistricts();
    if (changed('camera')) this.#moveCamera();
    if (changed('cellsUrl', 'valuesUrl')) this.#load();
    else if (changed('palette', 'breaks', 'theme') && this.#painted && !this.#loading) this.#repaint();
    if (changed('selection', 'theme', 'districtsUrl')) this.#renderLayers();
    if (changed('language', 'showLabels')) this.#redrawOverlay();
  }

  #restyle() {
    const style = getComputedStyle(this.container);
    this.theme = resolveTheme(this.#props.theme, (name) => style.getPropertyValue(name));
    this.font = `${CJK_FONT}, ${style.fontFamily || 'sans-serif'}`;
    this.container.style.background = css(this.theme.ground);
  }

  #pixelRatio() {
    return Math.min(window.devicePixelRatio || 1, this.#props.pixelRatioMax ?? 2);
  }

  #applyCanvas() {
    this.canvas.setAttribute('aria-label', this.#props.label ?? '');
    this.deck.setProps({ useDevicePixels: this.#pixelRatio() });
  }

  async #loadDistricts() {
    const turn = this.#outlines.take();
    const url = this.#props.districtsUrl;
    const read = async (signal) => {
      const text = new TextDecoder().decode(await fetchBuffer(url, signal));
      return decoded(() => readDistricts(JSON.parse(text)));
    };
    const districts = url ? await persist(read, turn, (error) => this.#fail(`districts: ${error.message}`)) : [];
    if (!districts || !turn.isCurrent()) return;
    this.#districts = districts;
    this.districtRings = districts.flatMap(({ rings }) => rings);
    this.#frameIfUnset(this.#extentOfDistricts());
    this.#renderLayers();
    await this.#loadFont(districts.map(({ names }) => names.zh + names.en).join(''));
    this.#redrawOverlay();
  }

  /** A canvas does not wait for a font as a page does: ask for the characters it will draw. */
  async #loadFont(text) {
    try {
      await document.fonts.load(`400 20px ${CJK_FONT}`, text);
    } catch {
      // The font file is missing: the viewer's own font serves.
    }
  }

  async #load() {
    const turn = this.#steps.take();
    const { cellsUrl, valuesUrl } = this.#props;
    if (!cellsUrl) {
      this.#painted = null;
      this.#loading = false;
      this.#renderLayers();
      return;
    }
    this.#loading = true;
    const fetchStep = async (signal) => {
      const bytes = valuesUrl ? fetchBuffer(valuesUrl, signal) : null;
      bytes?.catch(() => {}); // heard below; the cells may fail first
      const entry = await this.store.get(cellsUrl);
      const body = await bytes;
      return { entry, column: body ? decoded(() => decodeValues(body, entry.cells.length)) : null };
    };
    const step = await persist(fetchStep, turn, (error) => this.#fail(`values: ${error.message}`));
    if (!turn.isCurrent()) return;
    this.#loading = false;
    if (!step) return;
    this.#painted = { ...step, version: valuesUrl ?? null };
    this.#problem = null;
    this.#frameIfUnset(step.entry.geometry.bounds);
    this.#repaint();
  }

  /** Colours from the values at hand: no geometry is touched and nothing is fetched. */
  #repaint() {
    const { entry, column } = this.#painted;
    const table = colourTable(this.#props.palette ?? [], this.theme);
    const { colours, visuals, counts } = paintCells(entry.cells.length, column, this.#props.breaks, table);
    const stale = [];
    if (counts[VISUAL.stale]) visuals.forEach((visual, i) => visual === VISUAL.stale && stale.push(i));
    entry.corners ??= { value: entry.geometry.corners, size: 12 };
    Object.assign(this.#painted, {
      counts,
      stale,
      data: {
        length: entry.cells.length,
        attributes: { corners: entry.corners, instanceColors: { value: colours, size: 4, normalized: true } },
      },
    });
    this.#awaitingPaint = true;
    this.#renderLayers();
  }

  #renderLayers() {
    if (!this.deck) return;
    this.deck.setProps({
      layers: buildLayers({
        painted: this.#painted,
        districtRings: this.districtRings ?? [],
        districts: this.#districts,
        selection: this.#props.selection,
        selectedCell: this.#boundary(this.#props.selection?.cell),
        theme: this.theme,
      }),
    });
    if (!this.#painted) this.#redrawOverlay();
  }

  #boundary(cell) {
    return cell && isValidCell(cell) ? cellToBoundary(cell, true) : null;
  }

  // ---- camera -----------------------------------------------------------------------------------

  #moveCamera() {
    const { width, height } = this.#size();
    const to = resolveCamera(this.#props.camera, width, height);
    if (!to) return;
    this.#framed = true;
    const from = this.#viewState && {
      lon: this.#viewState.longitude,
      lat: this.#viewState.latitude,
      zoom: this.#viewState.zoom,
    };
    this.#apply(to, transitionKind(from, to, width, reducedMotion()));
  }

  #apply({ lon, lat, zoom, duration }, kind) {
    this.#moves += 1; // makes the state new even when the numbers are those of the last request
    const state = { longitude: lon, latitude: lat, zoom, pitch: 0, bearing: 0, ...ZOOM_RANGE, move: this.#moves };
    if (kind === 'jump') state.transitionDuration = 0;
    else {
      state.transitionDuration = duration;
      state.transitionEasing = easeInOut;
      state.transitionInterpolator =
        kind === 'fly' ? new FlyToInterpolator() : new LinearInterpolator(['longitude', 'latitude', 'zoom']);
    }
    this.deck.setProps({ initialViewState: state });
    if (kind === 'jump') this.#moved(state);
  }

  #frameIfUnset(bounds) {
    if (this.#framed || this.#props.camera || !bounds) return;
    this.#framed = true;
    const { width, height } = this.#size();
    this.#apply(resolveCamera({ bounds }, width, height), 'jump');
  }

  #extentOfDistricts() {
    if (!this.#districts.length) return null;
    const all = this.#districts.map(({ bounds }) => bounds);
    const edge = (pick, k) => pick(...all.map((bounds) => bounds[k]));
    return [edge(Math.min, 0), edge(Math.min, 1), edge(Math.max, 2), edge(Math.max, 3)];
  }

  #size() {
    return { width: this.container.clientWidth || 1, height: this.container.clientHeight || 1 };
  }

  #moved(viewState) {
    if (!this.#framed) return;
    this.#viewState = viewState;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#reportViewport(), VIEWPORT_QUIET_MS);
  }

  #resized() {
    if (this.#props.camera?.bounds) this.#moveCamera();
    if (this.#viewState) this.#moved(this.#viewState);
  }

  #reportViewport() {
    const viewport = this.#viewport();
    if (!viewport) return;
    const [west, south, east, north] = viewport.getBounds();
    this.report({
      viewport: {
        lon: viewport.longitude,
        lat: viewport.latitude,
        zoom: viewport.zoom,
        bounds: [west, south, east, north],
      },
    });
  }

  #viewport() {
    return this.deck?.isInitialized ? this.deck.getViewports()[0] : undefined;
  }

  // ---- frames -----------------------------------------------------------------------------------

  #afterRender() {
    this.#redrawOverlay();
    if (!this.#awaitingPaint) return;
    this.#awaitingPaint = false;
    this.#reportReady();
  }

  #redrawOverlay() {
    const viewport = this.#viewport();
    if (!viewport) return;
    const { language, showLabels, selection } = this.#props;
    this.overlay.draw(viewport, this.#pixelRatio(), {
      theme: this.theme,
      font: this.font,
      language: language ?? 'zh',
      labels: (showLabels ?? true) ? this.#districts : [],
      selected: selection?.district,
      hovered: this.#boundary(this.#hoveredCell),
      stale: this.#painted?.stale ?? [],
      geometry: this.#painted?.entry.geometry,
    });
    this.container.dataset.labels = this.overlay.shown.join(' ');
  }

  #reportReady() {
    const { entry, counts, version } = this.#painted;
    const states = Object.fromEntries(VISUAL_NAMES.map((name, i) => [name, counts[i]]));
    const painted = states.value + states.zero + states.stale;
    this.container.dataset.painted = version ?? '';
    this.report({ ready: { cells: entry.cells.length, painted, version, states, error: this.#problem } });
  }

  /** Keep the picture, tell the page once a problem. */
  #fail(message) {
    if (message === this.#problem) return;
    this.#problem = message;
    const counts = this.#painted?.counts;
    this.report({
      ready: {
        cells: this.#painted?.entry.cells.length ?? 0,
        painted: counts ? counts[VISUAL.value] + counts[VISUAL.zero] + counts[VISUAL.stale] : 0,
        version: this.#painted?.version ?? null,
        states: counts ? Object.fromEntries(VISUAL_NAMES.map((name, i) => [name, counts[i]])) : null,
        error: message,
      },
    });
  }

  // ---- pointer ----------------------------------------------------------------------------------

  /** What lies under a pixel: found by arithmetic on the H3 grid, without a render. */
  #under(x, y) {
    const viewport = this.#viewport();
    if (!viewport) return null;
    const [lon, lat] = viewport.unproject([x, y]);
    const found = { cell: null, district: districtAt(this.#districts, lon, lat), lon, lat, value: null, status: null };
    if (!this.#painted) return found;
    const { entry, column } = this.#painted;
    const cell = latLngToCell(lat, lon, entry.cells.res);
    const i = entry.cells.indexOf(cell);
    if (i < 0) return found;
    const value = column ? column.values[i] : Number.NaN;
    return { ...found, cell, value: Number.isNaN(value) ? null : value, status: column ? column.statuses[i] : null };
  }

  #clicked(x, y) {
    const found = this.#under(x, y);
    if (!found) return;
    this.#clicks += 1;
    const { cell, district } = found;
    this.report({ clickData: { ...found, x, y, clicks: this.#clicks }, selection: { cell, district } });
  }

  #hovered(x, y) {
    const found = this.#under(x, y);
    if (!found) return;
    if (found.cell !== this.#hoveredCell) {
      this.#hoveredCell = found.cell;
      this.#redrawOverlay();
    }
    this.report({ hoverData: { ...found, x, y } });
  }

  #left() {
    this.#hoveredCell = null;
    this.#redrawOverlay();
    this.report({ hoverData: null });
  }
}
