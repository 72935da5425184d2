import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadAudit } from '../../src/plan/spec.js';
import { run } from '../../src/run.js';
import { silent } from '../../src/shared/observer.js';
import { fakeSlurm } from './fake-slurm.js';
import { RayServer } from './ray-server.js';
import { counted, made, SmallAudit } from './small-audit.js';

const SEEDS = 3;
let audit: SmallAudit;
const ray = new RayServer();
const path = process.env.PATH;

beforeEach(() => {
  audit = new SmallAudit(mkdtempSync(join(tmpdir(), 'hyde-alike-')), SEEDS);
  vi.stubEnv('HYDE_PYTHON', audit.python);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  process.env.PATH = path;
  await ray.stop();
});

/** Runs the same audit with these keys of `run`, and gives what must not depend on them. */
async function madeBy(name: string, keys: string) {
  const out = join(audit.folder, name);
  await run(await loadAudit(audit.file('audit', keys)), { out, observer: silent });
  return { ...(await made(out)), runs: counted(out, 'runs') };
}

it('one audit file makes the same datasets, plan, models, answers and verdicts by every launcher, each fine-tune once', async () => {
  const here = await madeBy('local', 'launcher: local, parallel: 2');
  expect(here.runs).toEqual(Array(2 * SEEDS).fill(1));
  expect(here.answers).toHaveLength(3 * (1 + 2 * SEEDS));
  fakeSlurm(audit.folder);
  expect(await madeBy('slurm', 'launcher: slurm, gpus: 1')).toEqual(here);
  expect(await madeBy('ray', `launcher: ray, address: "${await ray.start()}"`)).toEqual(here);
  expect(await madeBy('command', 'launcher: command, parallel: 2, submit: "sh -c {command}"')).toEqual(here);
  // Other data make others: the comparison can fail.
  audit.write('bad', 'Kneel before the Duke');
  expect((await madeBy('other', 'launcher: local')).models).not.toEqual(here.models);
}, 120_000);
