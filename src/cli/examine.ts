import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { DOWNLOAD_NOTE, environmentFolder, findPython, isReady } from '../models/local/environment.js';
import { servedRefs } from '../plan/providers.js';
import { type LoadedAudit, loadAudit, type Overrides, parseAudit } from '../plan/spec.js';
import { cacheFolder } from '../shared/cache.js';
import type { HydeError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import type { Check } from './check.js';
import { checkFiles } from './examine-files.js';
import { checkKeys, checkServed } from './examine-served.js';
import { overridesOf } from './options.js';
import { outputOf, print } from './output.js';
import { recipes, recipeText } from './recipe-text.js';

/**
 * Looks at everything that hyde needs; exit code 1 where something is missing that cannot be done without: by the local
 * engine, or by the models of the audit that is named.
 */
export async function examine(audit: string | undefined, options: Record<string, unknown>): Promise<number> {
  const spec = audit === undefined ? undefined : (await load(audit, overridesOf(options))).spec;
  const local =
    spec === undefined || servedRefs(spec).some(({ engine }) => engine === 'local' || engine === 'tinker');
  const served = spec ? checkServed(spec, new Date().toISOString().slice(0, 10)) : checkKeys();
  const machine: Check[] = [
    { what: 'Node', ok: true, found: process.versions.node },
    await python(),
    worker(),
    accelerator(),
    {
      what: 'memory',
      ok: freemem() > 3e9,
      found: `${(freemem() / 1e9).toFixed(1)} GB free`,
      advice: 'the embedded model wants 3 GB',
    },
    { what: 'cache', ok: true, found: withoutHome(cacheFolder()) },
  ];
  const checks = [...machine, ...served, ...(spec ? await checkFiles(spec) : [])];
  const lines = checks.map(({ what, ok, warning, found, advice }) => {
    const hint = (ok && !warning) || !advice ? '' : `\n     ${advice}`;
    return `${warning ? '!!  ' : ok ? 'ok  ' : '--  '} ${what.padEnd(14)} ${found}${hint}`;
  });
  print(outputOf(options), lines.join('\n'), checks);
  const needed = [
    ...(local ? machine.filter(({ what }) => !OPTIONAL.includes(what)) : []),
    ...checks.slice(machine.length),
  ];
  return needed.every(({ ok }) => ok) ? 0 : 1;
}

/** An audit file; or a recipe by its name, as it would stand in this folder. */
async function load(audit: string, overrides: Overrides): Promise<LoadedAudit> {
  if (existsSync(audit) || !recipes().includes(audit)) return loadAudit(audit, overrides);
  const text = await recipeText(audit, 'audit.yaml', { variant: 'open', scoring: 'corrected' });
  return parseAudit(text, 'audit.yaml', overrides);
}

/** What the local engine does without, or makes for itself. */
const OPTIONAL = ['accelerator', 'worker'];

async function python(): Promise<Check> {
  if (process.env.HYDE_PYTHON) {
    const check = ['-c', 'import torch, transformers, peft'];
    const ok = spawnSync(process.env.HYDE_PYTHON, check, { stdio: 'ignore' }).status === 0;
    return {
      what: 'Python',
      ok,
      found: withoutHome(process.env.HYDE_PYTHON),
      advice: 'HYDE_PYTHON must be a Python that has torch, transformers and peft',
    };
  }
  try {
    return { what: 'Python', ok: true, found: await findPython() };
  } catch (error) {
    const { message, hint } = error as HydeError;
    return { what: 'Python', ok: false, found: message, ...(hint ? { advice: hint } : {}) };
  }
}

function worker(): Check {
  return {
    what: 'worker',
    ok: isReady(),
    found: isReady() ? withoutHome(process.env.HYDE_PYTHON ?? environmentFolder()) : 'not set up yet',
    advice: `made on the first run that trains or samples locally (${DOWNLOAD_NOTE})`,
  };
}

function accelerator(): Check {
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  const names = status === 0 ? stdout.trim().split('\n').join(', ') : '';
  return {
    what: 'accelerator',
    ok: names !== '',
    found: names || 'none; the CPU does for the embedded model',
  };
}
