// The layer that draws all cells as instances of one hexagon whose corners are attributes.

import { Layer, project32 } from '@deck.gl/core';
import { Geometry, Model } from '@luma.gl/engine';
import { fs, hexUniforms, vs } from './hex_shader.js';

const CENTRE = 6;
const HATCH_AND_DOT_PERIOD_PX = 9 * Math.SQRT2;

function unit([r, g, b]) {
  return [r / 255, g / 255, b / 255, 1];
}

function fan() {
  const triangles = [];
  for (let k = 0; k < CENTRE; k += 1) triangles.push(CENTRE, k, (k + 1) % CENTRE);
  return new Geometry({
    topology: 'triangle-list',
    indices: new Uint16Array(triangles),
    attributes: {
      positions: { size: 3, value: Float32Array.from({ length: 21 }, (_, i) => (i % 3 ? 0 : i / 3)) },
    },
  });
}

/** Cells of {length, attributes: {corners, instanceColors}} in `theme` colours. */
export class HexLayer extends Layer {
  getShaders() {
    return super.getShaders({ vs, fs, modules: [project32, hexUniforms] });
  }

  initializeState() {
    const manager = this.getAttributeManager();
    manager.addInstanced({
      corners: {
        size: 12,
        type: 'float32',
        noAlloc: true,
        shaderAttributes: {
          cornersA: { size: 4, elementOffset: 0 },
          cornersB: { size: 4, elementOffset: 4 },
          cornersC: { size: 4, elementOffset: 8 },
        },
      },
      instanceColors: { size: 4, type: 'unorm8', noAlloc: true },
    });
  }

  updateState(params) {
    super.updateState(params);
    if (params.changeFlags.extensionsChanged) {
      this.state.model?.destroy();
      this.state.model = new Model(this.context.device, {
        ...this.getShaders(),
        id: this.props.id,
        bufferLayout: this.getAttributeManager().getBufferLayouts(),
        geometry: fan(),
        isInstanced: true,
      });
      this.getAttributeManager().invalidateAll();
    }
  }

  draw() {
    const { theme, coordinateOrigin, outline, opacity } = this.props;
    const { viewport, device } = this.context;
    const pixelRatio = device.canvasContext.cssToDeviceRatio();
    const [x, y] = viewport.projectFlat ? viewport.project(viewport.unprojectPosition([...coordinateOrigin])) : [0, 0];
    const period = HATCH_AND_DOT_PERIOD_PX;
    this.state.model.shaderInputs.setProps({
      hex: {
        // Only the remainder goes to the GPU: far from the origin float32 pixels would be coarse.
        anchor: [(x % period) * pixelRatio, ((viewport.height - y) % period) * pixelRatio],
        pixelRatio,
        outline: outline ? 1 : 0,
        opacity,
        ground: unit(theme.ground),
        zeroLine: unit(theme.zeroLine),
        hatchLine: unit(theme.hatchLine),
        dot: unit(theme.dot),
      },
    });
    this.state.model.draw(this.context.renderPass);
  }
}

HexLayer.layerName = 'HexLayer';
HexLayer.defaultProps = { theme: { type: 'object', value: {} }, outline: true };
