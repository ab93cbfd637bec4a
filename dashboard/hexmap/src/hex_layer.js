// The layer that draws all cells in one call.

import { Layer, project32 } from '@deck.gl/core';
import { Model } from '@luma.gl/engine';
import { fs, hexUniforms, vs } from './hex_shader.js';

const HATCH_AND_DOT_PERIOD_PX = 9 * Math.SQRT2;

function unit([r, g, b]) {
  return [r / 255, g / 255, b / 255, 1];
}

/** The mesh of {length, indexCount, attributes: {indices, positions, colors}} in `theme` colours. */
export class HexLayer extends Layer {
  getShaders() {
    return super.getShaders({ vs, fs, modules: [project32, hexUniforms] });
  }

  initializeState() {
    this.getAttributeManager().add({
      indices: { size: 1, isIndexed: true, noAlloc: true },
      positions: { size: 2, type: 'float32', noAlloc: true },
      colors: { size: 4, type: 'unorm8', noAlloc: true },
    });
  }

  updateState(params) {
    super.updateState(params);
    if (params.changeFlags.extensionsChanged) {
      this.state.model?.destroy();
      this.state.model = new Model(this.context.device, {
        ...this.getShaders(),
        id: this.props.id,
        bufferLayout: this.getAttributeManager().getBufferLayouts({ isInstanced: false }),
        topology: 'triangle-list',
        isIndexed: true,
      });
      this.getAttributeManager().invalidateAll();
    }
  }

  draw() {
    const { theme, coordinateOrigin, outline, opacity, apothem, data } = this.props;
    const { viewport, device } = this.context;
    const pixelRatio = device.canvasContext.cssToDeviceRatio();
    const [x, y] = viewport.project(viewport.unprojectPosition([...coordinateOrigin]));
    const period = HATCH_AND_DOT_PERIOD_PX;
    this.state.model.shaderInputs.setProps({
      hex: {
        // Only the remainder goes to the GPU: far from the origin float32 pixels would be coarse.
        anchor: [(x % period) * pixelRatio, ((viewport.height - y) % period) * pixelRatio],
        pixelRatio,
        apothemPx: apothem * viewport.scale,
        outline: outline ? 1 : 0,
        opacity,
        ground: unit(theme.ground),
        zeroLine: unit(theme.zeroLine),
        hatchLine: unit(theme.hatchLine),
        dot: unit(theme.dot),
      },
    });
    this.state.model.setVertexCount(data.indexCount);
    this.state.model.draw(this.context.renderPass);
  }
}

HexLayer.layerName = 'HexLayer';
HexLayer.defaultProps = { theme: { type: 'object', value: {} }, apothem: 0, outline: true };
