// SPDX-License-Identifier: Apache-2.0
//
// Modules of src/ for a test without a browser: what is pure is tested as it is.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

export async function load(...paths) {
  const vite = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logLevel: 'error',
    appType: 'custom',
    server: { middlewareMode: true, hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    return Object.assign({}, ...(await Promise.all(paths.map((path) => vite.ssrLoadModule(`/src/${path}`)))));
  } finally {
    await vite.close();
  }
}
