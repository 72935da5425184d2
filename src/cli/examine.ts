import { spawnSync } from 'node:child_process';
import { freemem } from 'node:os';
import { DOWNLOAD_NOTE, environmentFolder, findPython, isReady } from '../models/local/environment.js';
import { cacheFolder } from '../shared/cache.js';
import type { HydeError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { outputOf, print } from './output.js';

interface Check {
  what: string;
  ok: boolean;
  found: string;
  /** How to get it, where it is missing. */
  advice?: string;
}

/** Looks at everything that hyde needs; exit code 1 where something is missing that the local engine cannot do without. */
export async function examine(options: Record<string, unknown>): Promise<number> {
  const checks: Check[] = [
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
  const lines = checks.map(({ what, ok, found, advice }) => {
    const hint = ok || !advice ? '' : `\n     ${advice}`;
    return `${ok ? 'ok  ' : '--  '} ${what.padEnd(14)} ${found}${hint}`;
  });
  print(outputOf(options), lines.join('\n'), checks);
  return checks.every(({ ok, what }) => ok || what === 'accelerator' || what === 'worker') ? 0 : 1;
}

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
