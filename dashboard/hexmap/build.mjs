// Bundle the component into assets/. `--out <file>` writes elsewhere, for the test that compares.

import { createHash } from 'node:crypto';
import { access, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, '..', '..', 'assets');
const outArgument = process.argv.indexOf('--out');
const outfile = outArgument > 0 ? process.argv[outArgument + 1] : join(assets, 'hexmap.min.js');

/** What the bundle is made from, so that a stale one is noticed without Node. */
async function fingerprint() {
  const sources = (await readdir(join(here, 'src'))).sort().map((name) => join('src', name));
  const hash = createHash('sha256');
  for (const path of ['package-lock.json', ...sources]) {
    hash.update(`${path}\n`).update(await readFile(join(here, path)));
  }
  return hash.digest('hex');
}

const banner = `/* HexMap. Built from dashboard/hexmap, sources sha256 ${await fingerprint()}; licences of what is inside: hexmap.LICENSES.txt */`;

const result = await build({
  absWorkingDir: here,
  entryPoints: ['src/index.js'],
  outfile,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome100', 'firefox100', 'safari15.4'],
  // deck.gl's own build without WebGPU, which no browser of ours is asked for; 'module' is esbuild's default.
  conditions: ['visgl:webgl-only', 'module'],
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'none',
  banner: { js: banner },
  metafile: true,
  preserveSymlinks: true, // the test rebuilds beside a linked node_modules
  logLevel: 'warning',
});

/** The package folder of a bundled module, or null for our own. */
function packageOf(path) {
  const match = path.match(/.*node_modules\/(@[^/]+\/[^/]+|[^/]+)/);
  return match ? match[0] : null;
}

async function licenceText(folder) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'License.md', 'LICENCE']) {
    const path = join(here, folder, name);
    try {
      await access(path);
      return (await readFile(path, 'utf8')).trim();
    } catch {
      // the next name
    }
  }
  return null;
}

const output = Object.values(result.metafile.outputs)[0];
const folders = new Set();
for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
  const folder = packageOf(path);
  if (folder && bytesInOutput > 0) folders.add(folder);
}

// math.gl carries a copy of gl-matrix in its own folder.
if (folders.has('node_modules/@math.gl/core')) folders.add('node_modules/gl-matrix');

const sections = [];
for (const folder of [...folders].sort()) {
  const meta = JSON.parse(await readFile(join(here, folder, 'package.json'), 'utf8'));
  const text = (await licenceText(folder)) ?? '(the package carries no licence file; see the identifier above)';
  sections.push(`${meta.name} ${meta.version}\n${meta.license ?? ''}\n\n${text}\n`);
}
const rule = `\n${'-'.repeat(80)}\n\n`;
const licences = `Libraries inside hexmap.min.js and their licences.\n${rule}${sections.join(rule)}`;
await writeFile(outfile.replace(/\.min\.js$/, '.LICENSES.txt'), licences);
