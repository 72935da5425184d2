import { defineConfig } from 'vite';

/**
 * Builds the command line with its packages into a few files: Node then opens a handful instead of hundreds, which is a third of
 * the time that a command takes to start. The library (dist/index.js) stays as the compiler writes it.
 */
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true },
  build: {
    ssr: 'dist/cli/main.js',
    target: 'node22',
    outDir: 'dist/bundle',
    emptyOutDir: true,
    minify: false,
    license: { fileName: 'licenses.md' },
  },
});
