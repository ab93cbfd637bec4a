// The map itself: takes properties in, keeps what is painted, reports what happened. Knows no React.

import { cellToBoundary, isValidCell, latLngToCell } from 'h3-js';
import { CameraControl } from './camera_control.js';
import { CellStore } from './cell_store.js';
import { colourTable, paintCells } from './colours.js';
import { DistrictFill } from './district_fill.js';
import { districtAt, extentOf } from './districts.js';
import { buildLayers } from './layer_list.js';
import { DistrictLoader, PointLoader, StepLoader } from './loading.js';
import { spreadColours } from './mesh.js';
import { measureObstacles } from './obstacles.js';
import { RasterTiles } from './raster.js';
import { VISUAL, VISUAL_NAMES } from './states.js';
import { Surface } from './surface.js';
import { css, resolveTheme } from './themes.js';

const CJK_FONT = '"Noto Sans SC"';
const CELLS_OVER_BASEMAP = 0.72;
const sharedCells = new CellStore();

function boundaryOf(cell) {
  return cell && isValidCell(cell) ? cellToBoundary(cell, true) : null;
}

export class MapView {
  #props = {};
  #districts = [];
  #step = null; // what came last
  #painted = null; // what is on the screen
  #fill = null;
  #points = [];
  #pointsUrl = undefined;
  #tiles = null;
  #hoveredCell = null;
  #awaitingPaint = false;
  #paints = 0;
  #clicks = 0;
  #problem = null;

  /** `report(properties)` receives what the component tells the page. */
  constructor(container, report, store = sharedCells) {
    this.container = container;
    this.report = report;
    this.theme = resolveTheme('dark');
    const fail = (problem) => this.#fail(problem);
    this.steps = new StepLoader(store, fail);
    this.outlines = new DistrictLoader(fail);
    this.pointLoader = new PointLoader(fail);
    this.districtFill = new DistrictFill();
    this.surface = new Surface(container, {
      onClick: (x, y) => this.#clicked(x, y),
      onHover: (x, y) => this.#hovered(x, y),
      onLeave: () => this.#left(),
      onMove: (viewState) => this.camera?.moved(viewState),
      onResize: () => this.camera?.resized(this.#props.camera),
      onFrame: () => this.#afterRender(),
      onFocus: () => this.#redrawOverlay(),
      onReplaced: () => this.#renderLayers(),
      onError: ({ message }) => fail({ part: 'map', status: null, message }),
    });
    this.camera = new CameraControl(this.surface, () => this.#rested());
  }

  remove() {
    this.report = () => {};
    this.steps.stop();
    this.outlines.stop();
    this.pointLoader.stop();
    this.camera.remove();
    this.#tiles?.remove();
    this.surface.remove();
    this.surface = null;
  }

  // ---- properties in ----------------------------------------------------------------------------

  update(next) {
    const before = this.#props;
    this.#props = next;
    const changed = (...names) => names.some((name) => next[name] !== before[name]);
    if (changed('theme')) this.#restyle();
    if (changed('label', 'pixelRatioMax')) this.surface.describe(next.label, next.pixelRatioMax);
    if (changed('districtsUrl')) this.#loadDistricts();
    if (changed('camera')) this.camera.go(next.camera);
    const coloursChanged = changed('palette', 'breaks', 'theme');
    if (changed('districtValues') || (next.districtValues && coloursChanged)) this.#paintDistricts();
    if (changed('cellsUrl', 'valuesUrl') || !next.districtValues !== !before.districtValues) this.#loadStep();
    // While a step is on its way its colours wait for it: old values never show in new colours.
    else if (coloursChanged && this.#step && !this.steps.loading) this.#repaint();
    if (changed('points')) this.#loadPoints();
    if (changed('basemap')) this.#changeBasemap();
    if (changed('selection', 'theme', 'basemap')) this.#renderLayers();
    if (changed('language', 'showLabels', 'selection', 'labelObstacles')) this.#settleNames();
  }

  #restyle() {
    this.container.dataset.theme = this.#props.theme ?? 'dark'; // the page's tokens for that theme
    const style = getComputedStyle(this.container);
    this.theme = resolveTheme(this.#props.theme, (name) => style.getPropertyValue(name));
    this.font = `${CJK_FONT}, ${style.fontFamily || 'sans-serif'}`;
    this.container.style.background = css(this.theme.ground);
  }

  async #loadDistricts() {
    const districts = await this.outlines.load(this.#props.districtsUrl);
    if (!districts || !this.surface) return;
    this.#districts = districts;
    this.districtFill.setDistricts(districts);
    if (this.#props.districtValues) this.#paintDistricts();
    this.camera.frame(extentOf(districts), this.#props.camera);
    this.#renderLayers();
    await this.#loadFont(districts.map(({ names }) => names.zh + names.en).join(''));
    this.#settleNames();
  }

  /** A canvas does not wait for a font as a page does: ask for the characters it will draw. */
  async #loadFont(text) {
    try {
      await document.fonts.load(`400 20px ${CJK_FONT}`, text);
    } catch {
      // The font file is missing: the viewer's own font serves.
    }
  }

  async #loadStep() {
    const { cellsUrl, valuesUrl, districtValues } = this.#props;
    if (!cellsUrl || districtValues) {
      this.steps.stop();
      this.#step = null;
      this.#painted = null;
      this.#renderLayers();
      return;
    }
    const step = await this.steps.load(cellsUrl, valuesUrl);
    if (!step) return;
    this.#step = step;
    this.#problem = null;
    this.camera.frame(step.entry.geometry.bounds, this.#props.camera);
    this.#repaint();
  }

  /** Old points stay until the new ones are there; those of another address go at once. */
  async #loadPoints() {
    const { points } = this.#props;
    if (points?.url !== this.#pointsUrl) this.#drawPoints([]);
    this.#pointsUrl = points?.url;
    const style = getComputedStyle(this.container);
    const found = await this.pointLoader.load(points, (name) => style.getPropertyValue(name));
    if (found && this.surface) this.#drawPoints(found);
  }

  #drawPoints(points) {
    this.#points = points;
    this.container.dataset.points = points.length;
    this.#renderLayers();
  }

  /** Districts in the place of cells, or no longer so. */
  #paintDistricts() {
    const { districtValues, breaks } = this.#props;
    const table = districtValues && this.#colours();
    if (districtValues && !table) return;
    this.#fill = table ? this.districtFill.paint(districtValues, breaks, table) : null;
    this.#awaitingPaint = Boolean(this.#fill && this.#districts.length);
    this.surface.unsettleNames(); // the sign of a stale value takes room beside the name
    this.#renderLayers();
  }

  #changeBasemap() {
    this.#tiles?.remove();
    const { basemap } = this.#props;
    this.#tiles = basemap?.url ? new RasterTiles(basemap, () => this.#renderLayers()) : null;
  }

  // ---- painting ---------------------------------------------------------------------------------

  /** The colours of the page's classes, or null: a palette that is none leaves the picture and is told. */
  #colours() {
    const { palette, breaks } = this.#props;
    try {
      const table = colourTable(palette ?? [], this.theme, breaks ?? []);
      if (this.#problem?.part === 'palette') this.#problem = null;
      return table;
    } catch ({ message }) {
      console.error(`HexMap ${this.container.id}: palette: ${message}`);
      this.#fail({ part: 'palette', status: null, message });
      return null;
    }
  }

  /** Colours from the values at hand: no geometry is touched and nothing is fetched. */
  #repaint() {
    const { entry, column } = this.#step;
    const table = this.#colours();
    if (!table) return;
    const { packed, visuals, counts } = paintCells(entry.cells.length, column, this.#props.breaks, table);
    const stale = [];
    if (counts[VISUAL.stale]) visuals.forEach((visual, i) => visual === VISUAL.stale && stale.push(i));
    this.#painted = {
      ...this.#step,
      counts,
      stale,
      data: {
        length: entry.cells.length,
        indexCount: entry.mesh.indices.length,
        attributes: {
          ...entry.attributes, // the same objects each time: deck uploads them once
          colors: { value: spreadColours(packed), size: 4, normalized: true },
        },
      },
    };
    this.#awaitingPaint = true;
    this.#renderLayers();
  }

  #renderLayers() {
    if (!this.surface) return;
    const { viewport } = this.surface;
    this.surface.setLayers(
      buildLayers({
        painted: this.#painted,
        fill: this.#fill,
        districts: this.#districts,
        points: this.#points,
        selection: this.#props.selection,
        selectedCell: boundaryOf(this.#props.selection?.cell),
        theme: this.theme,
        tiles: viewport && this.#tiles ? this.#tiles.layers(viewport) : [],
        opacity: this.#tiles ? CELLS_OVER_BASEMAP : 1,
      }),
    );
  }

  #afterRender() {
    this.#redrawOverlay();
    if (!this.#awaitingPaint) return;
    this.#awaitingPaint = false;
    this.#paints += 1;
    this.container.dataset.paints = this.#paints;
    this.container.dataset.painted = this.#fill ? 'districts' : (this.#painted?.version ?? '');
    this.#reportReady(null);
  }

  #settleNames() {
    this.surface?.unsettleNames();
    this.#redrawOverlay();
  }

  #redrawOverlay() {
    const { language, showLabels, selection } = this.#props;
    this.surface?.drawOverlay({
      theme: this.theme,
      font: this.font,
      language: language ?? 'zh',
      labels: (showLabels ?? true) ? this.#districts : [],
      selected: selection?.district,
      hovered: boundaryOf(this.#hoveredCell),
      stale: this.#painted?.stale ?? [],
      staleDistricts: this.#fill?.stale ?? [],
      geometry: this.#painted?.entry.geometry,
      obstacles: () => measureObstacles(this.container, this.#props.labelObstacles),
    });
  }

  // ---- reports ----------------------------------------------------------------------------------

  #reportReady(problem) {
    const { entry, version = null } = this.#painted ?? {};
    const counts = (this.#fill ?? this.#painted)?.counts ?? VISUAL_NAMES.map(() => 0);
    const states = Object.fromEntries(VISUAL_NAMES.map((name, i) => [name, counts[i]]));
    const painted = states.value + states.zero + states.stale + states.low_n;
    const error = problem && `${problem.part}: ${problem.message}`;
    this.report({ ready: { cells: entry?.cells.length ?? 0, painted, version, states, error, problem } });
  }

  /** The picture stays; the page hears of each problem once. */
  #fail(problem) {
    const { part, message } = this.#problem ?? {};
    if (problem.part === part && problem.message === message) return;
    this.#problem = problem;
    this.#reportReady(problem);
  }

  #rested() {
    this.#settleNames();
    this.#reportViewport();
  }

  #reportViewport() {
    const viewport = this.surface?.viewport;
    if (!viewport) return;
    if (this.#tiles) this.#renderLayers();
    const { longitude: lon, latitude: lat, zoom } = viewport;
    this.report({ viewport: { lon, lat, zoom, bounds: viewport.getBounds() } });
  }

  // ---- pointer ----------------------------------------------------------------------------------

  /** What lies under a pixel: found by arithmetic on the H3 grid, without a render. */
  #under(x, y) {
    const viewport = this.surface?.viewport;
    if (!viewport) return null;
    const [lon, lat] = viewport.unproject([x, y]);
    const district = districtAt(this.#districts, lon, lat);
    const nothing = { cell: null, district, lon, lat, value: null, status: null };
    if (this.#fill) return { ...nothing, ...this.#ofDistrict(district) };
    if (!this.#painted) return nothing;
    const { entry, column } = this.#painted;
    const cell = latLngToCell(lat, lon, entry.cells.res);
    const i = entry.cells.indexOf(cell);
    if (i < 0) return nothing;
    if (!column) return { ...nothing, cell };
    const value = Number.isNaN(column.values[i]) ? null : column.values[i];
    return { ...nothing, cell, value, status: column.statuses[i] };
  }

  #ofDistrict(id) {
    const entry = this.#props.districtValues?.[id];
    return { value: entry?.value ?? null, status: entry?.status ?? null };
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
