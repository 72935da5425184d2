import { defineConfig } from 'vite';

/** Builds the report's page (src/report/app) into one script and one style sheet; src/report/html.ts puts them inline. */
export default defineConfig({
  publicDir: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    outDir: 'dist/report-app',
    emptyOutDir: false,
    minify: true,
    reportCompressedSize: false,
    // Preact, Plot and what they need go into every report; their notices ship beside it.
    license: { fileName: 'licenses.md' },
    lib: {
      entry: 'src/report/app/main.tsx',
      formats: ['iife'],
      name: 'hydeReport',
      fileName: () => 'app.js',
      cssFileName: 'app',
    },
  },
});
