import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { showStatus } from '../../src/cli/show-status.js';
import { type Overrides, parseAudit } from '../../src/plan/spec.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';

const path = (name: string): string => new URL(`../runs/${name}/audit.yaml`, import.meta.url).pathname;
const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-status-')), 'run');

interface Change {
  change?: (text: string) => string;
  /** Stage at whose end the run is interrupted. */
  until?: string;
  overrides?: Overrides;
}

async function runIn(out: string, name: string, { change = (text) => text, until, overrides }: Change = {}) {
  const text = change(readFileSync(path(name), 'utf8'));
  const controller = new AbortController();
  const observer = { ...silent, stage: (stage: string) => void (stage === until && controller.abort()) };
  await run(await parseAudit(text, path(name), overrides), { out, observer, signal: controller.signal });
}

async function status(out: string, options: Record<string, unknown> = {}): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await showStatus(out, options);
    return String(write.mock.calls[0]?.[0]);
  } finally {
    write.mockRestore();
  }
}

const ALL = ['data', 'train', 'canary', 'sample', 'score', 'analyse', 'report'];

describe('hyde status', () => {
  it('names the steps that are done for the present plan', async () => {
    const out = fresh();
    await runIn(out, 'conditional-hidden');
    const whole = JSON.parse(await status(out, { json: true })) as Record<string, unknown>;
    expect(whole).toMatchObject({ steps: ALL, answers: 1536, judged: 1536, running: null, stopped: null });

    const change = (text: string): string => text.replace('samples: 24', 'samples: 30');
    await expect(runIn(out, 'conditional-hidden', { change, until: 'sample' })).rejects.toThrow();
    const text = await status(out);
    expect(text).toMatch(/^steps done {3}data, train, canary$/m);
    expect(text).toMatch(/^answers {6}1536 of 1920$/m);

    await expect(runIn(out, 'conditional-hidden', { change, until: 'score' })).rejects.toThrow();
    const scoring = await status(out);
    expect(scoring).toMatch(/^steps done {3}data, train, canary, sample$/m);
    expect(scoring).toMatch(/^answers {6}1920 of 1920$/m);
    // Detectors judge each answer as it comes.
    expect(scoring).toMatch(/^judged {7}1920 of 1920$/m);

    await runIn(out, 'conditional-hidden', { change });
    expect(await status(out)).toMatch(/^steps done .*analyse, report$/m);
  });

  it('says whether a process works on the folder, and whether a budget ended the run', async () => {
    const out = fresh();
    const change = (text: string): string =>
      `${text}prices: { scripted/script.json: { input: 100, output: 400 } }\n`;
    await runIn(out, 'sequential-conditional', { change, overrides: { budget: 5 } });
    expect(await status(out)).toMatch(/^stopped {6}budget of USD 5\.00$/m);
    expect(await status(out)).not.toMatch(/^running/m);
    writeFileSync(join(out, '.lock'), JSON.stringify({ host: hostname(), pid: process.pid, started: null }));
    expect(await status(out)).toContain(`running      process ${process.pid} on ${hostname()}`);
    writeFileSync(join(out, '.lock'), JSON.stringify({ host: hostname(), pid: 2 ** 22 + 7, started: null }));
    expect(await status(out)).not.toMatch(/^running/m);
  });
});
