import { HexMap } from './component.js';

window.dashboard_hexmap = { HexMap };
