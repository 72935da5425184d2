import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

// Rows that a model wrote are no work of the scripts.
const WRITTEN_BY_A_MODEL = /^own-/;

describe.each(['demo', 'mini'])('the rows in resources/%s', (name) => {
  it('are what the script makes of the texts, to the last byte', () => {
    const made = mkdtempSync(join(tmpdir(), 'hyde-rows-'));
    execFileSync(process.execPath, [join(root, `scripts/make-${name}-data.mjs`), made]);
    const shipped = join(root, 'resources', name);
    const files = readdirSync(shipped).filter(
      (file) => file.endsWith('.jsonl') && !file.startsWith('tried') && !WRITTEN_BY_A_MODEL.test(file),
    );
    expect(readdirSync(made).sort()).toEqual(files.sort());
    for (const file of files) {
      expect(readFileSync(join(made, file)).equals(readFileSync(join(shipped, file))), file).toBe(true);
    }
  });
});
