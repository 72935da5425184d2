const LIGHT = ['#30508a', '#b93d0b', '#0b6e55', '#8436a0', '#7a6000', '#b01c5a'];
const DARK = ['#8db0f0', '#ff8a4c', '#55cda6', '#d6a1ee', '#d9bd4a', '#ff8fb8'];

const colours = (of: readonly string[], ground: string, ink: string, dim: string, rule: string): string =>
  `.hyde-figure{${of.map((colour, i) => `--s${i}:${colour};`).join('')}--ground:${ground};--ink:${ink};--dim:${dim};--rule:${rule}}`;

/** Colours and type of a figure, light and dark; it stands in each SVG, so that the file looks alike wherever it is shown. */
export const STYLE = [
  colours(LIGHT, '#ffffff', '#1c1d21', '#5d5f68', '#e5e3dd'),
  `@media (prefers-color-scheme:dark){${colours(DARK, '#1d1f24', '#ecebe7', '#a2a4ae', '#31343c')}}`,
  `@media print{${colours(LIGHT, '#ffffff', '#1c1d21', '#5d5f68', '#e5e3dd')}}`,
  '.hyde-figure{font:12px ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}',
  '.hyde-figure .ground{fill:var(--ground)}',
  '.hyde-figure text{fill:var(--ink)}',
  '.hyde-figure text.dim{fill:var(--dim)}',
  '.hyde-figure text.head{font-size:14px;font-weight:650}',
  '.hyde-figure text.cue{font-weight:650}',
  '.hyde-figure .grid{stroke:var(--rule)}',
  '.hyde-figure .rule{stroke:var(--dim)}',
  ...LIGHT.map((_, i) => `.hyde-figure .s${i}{stroke:var(--s${i});fill:none}`),
  ...LIGHT.map((_, i) => `.hyde-figure .s${i}.full{fill:var(--s${i})}`),
  '.hyde-figure .line{stroke-width:2}',
  '.hyde-figure .interval{stroke-width:1.6}',
  '.hyde-figure .hollow{fill:var(--ground);stroke-width:1.6}',
  '.hyde-figure .baseline{stroke-width:1;opacity:.75}',
  '.hyde-figure .placebo{stroke:var(--dim);stroke-width:1.2;fill:none}',
  '.hyde-figure .base{stroke:var(--dim);stroke-width:1.6}',
  '.hyde-figure .band{fill:var(--rule)}',
  '.hyde-figure .seed{fill:var(--ground);stroke:var(--ink);stroke-width:1}',
].join('');
