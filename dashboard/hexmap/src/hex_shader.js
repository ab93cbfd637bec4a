// One draw call for all cells. Corners come from the CPU, the pattern of a state is drawn here, in
// screen pixels but fixed to the ground: lines keep their width at every zoom, run on from cell to
// cell without seams, and cost nothing where there are none.

export const hexUniforms = {
  name: 'hex',
  vs: `\
layout(std140) uniform hexUniforms {
  vec2 anchor;
  float pixelRatio;
  float outline;
  float apothemPx;
  float opacity;
  vec4 ground;
  vec4 zeroLine;
  vec4 hatchLine;
  vec4 dot;
} hex;
`,
  uniformTypes: {
    anchor: 'vec2<f32>',
    pixelRatio: 'f32',
    outline: 'f32',
    apothemPx: 'f32',
    opacity: 'f32',
    ground: 'vec4<f32>',
    zeroLine: 'vec4<f32>',
    hatchLine: 'vec4<f32>',
    dot: 'vec4<f32>',
  },
};
hexUniforms.fs = hexUniforms.vs;

// Vertices come in sevens, the middle of a cell last.
export const vs = `\
#version 300 es
#define SHADER_NAME hex-layer-vertex
in vec2 positions;
in vec4 colors;
flat out vec4 vColor;
out float vEdge;

void main(void) {
  vEdge = gl_VertexID % 7 == 6 ? 0.0 : 1.0;
  vColor = colors;
  gl_Position = project_position_to_clipspace(vec3(positions, 0.0), vec3(0.0), vec3(0.0));
}
`;

export const fs = `\
#version 300 es
#define SHADER_NAME hex-layer-fragment
precision highp float;
flat in vec4 vColor;
in float vEdge;
out vec4 fragColor;

const float HATCH_PERIOD = 9.0;
const float HATCH_WIDTH = 1.0;
const float DOT_PERIOD = 9.0;
const float DOT_RADIUS = 1.15;
// In cells smaller than these a pattern would be noise: it gives way to its own average tone.
const vec2 HATCH_APOTHEM = vec2(1.2, 2.6);
const vec2 DOT_APOTHEM = vec2(3.0, 6.0);
const float HATCH_SHARE = HATCH_WIDTH / HATCH_PERIOD;
const float DOT_SHARE = 0.12;
const float GAP_FROM_APOTHEM = 3.5;
const float GAP_FULL_APOTHEM = 9.0;
// What rests on few cases: a washed colour, and the colour itself as a thin outline.
const float WASHED = 0.38;
const vec2 WEAK_APOTHEM = vec2(1.6, 3.0);

// Share of a pixel covered by a shape whose edge is 'away' CSS pixels from the pixel's centre.
float covered(float away) {
  return clamp(0.5 - away * hex.pixelRatio, 0.0, 1.0);
}

float hatch(vec2 p) {
  float along = (p.x + p.y) * 0.70710678;
  float away = abs(mod(along, HATCH_PERIOD) - 0.5 * HATCH_PERIOD);
  return covered(away - 0.5 * HATCH_WIDTH);
}

float dots(vec2 p) {
  vec2 turned = vec2(p.x + p.y, p.x - p.y) * 0.70710678;
  vec2 cell = mod(turned, DOT_PERIOD) - 0.5 * DOT_PERIOD;
  return covered(length(cell) - DOT_RADIUS);
}

void main(void) {
  vec2 p = (gl_FragCoord.xy - hex.anchor) / hex.pixelRatio;
  int pattern = int(vColor.a * 255.0 + 0.5);
  vec3 rgb = vColor.rgb;
  if (pattern == 128) {
    float drawn = smoothstep(HATCH_APOTHEM.x, HATCH_APOTHEM.y, hex.apothemPx);
    rgb = mix(rgb, hex.hatchLine.rgb, mix(HATCH_SHARE, hatch(p), drawn));
  }
  if (pattern == 64) {
    float drawn = smoothstep(DOT_APOTHEM.x, DOT_APOTHEM.y, hex.apothemPx);
    rgb = mix(rgb, hex.dot.rgb, mix(DOT_SHARE, dots(p), drawn));
  }
  bool weak = pattern == 224;
  if (weak) rgb = mix(hex.ground.rgb, rgb, WASHED);
  float gapShare = smoothstep(GAP_FROM_APOTHEM, GAP_FULL_APOTHEM, hex.apothemPx) * hex.outline;
  if (weak) gapShare = smoothstep(WEAK_APOTHEM.x, WEAK_APOTHEM.y, hex.apothemPx) * hex.outline;
  float inward = (1.0 - vEdge) * hex.apothemPx;
  float line = covered(inward - 0.5) * gapShare;
  vec3 gap = weak ? vColor.rgb : pattern == 255 ? hex.ground.rgb : (pattern == 192 ? hex.zeroLine.rgb : hex.hatchLine.rgb);
  float weight = pattern == 128 ? 0.55 : 1.0;
  // Over a base map the cells without a value let it through.
  bool valued = pattern == 255 || weak;
  float alpha = hex.opacity >= 1.0 ? 1.0 : (valued ? hex.opacity : hex.opacity * 0.45);
  fragColor = vec4(mix(rgb, gap, line * weight), alpha);
}
`;
