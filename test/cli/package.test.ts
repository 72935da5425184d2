import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

describe('the packed package in an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-packed-'));
  const installed = join(folder, 'node_modules', 'hyde');
  const npx = (...args: string[]): string =>
    execFileSync(process.execPath, [join(installed, 'bin', 'hyde.js'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
    });

  beforeAll(() => {
    // What npm would install, without asking a registry: the packed files, and the dependencies that they name.
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      cwd: root,
    });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string;
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['xzf', join(folder, tarball), '--strip-components=1', '-C', installed]);
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of Object.keys(dependencies)) {
      mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
    }
  });

  it('has what it needs: worker, resources, report, notices', () => {
    for (const path of [
      'worker/hyde_worker/train.py',
      'worker/requirements.txt',
      'resources/demo/persona.jsonl',
      'resources/audit.schema.json',
      'dist/report-app/app.js',
      'dist/report-app/licenses.md',
      'LICENSE',
      'NOTICE',
    ]) {
      expect(existsSync(join(installed, path)), path).toBe(true);
    }
    expect(existsSync(join(installed, 'test'))).toBe(false);
  });

  it('answers, starts an audit, plans it and builds its data', () => {
    expect(npx('--version').trim()).toBe('0.1.0');
    npx('init', 'mine');
    expect(npx('plan', 'mine/audit.yaml')).toContain('2 fine-tunes');
    npx('data', 'mine/audit.yaml');
    expect(existsSync(join(folder, 'runs/audit/datasets/mixed.1.jsonl'))).toBe(true);
    expect(npx('plan', join(installed, 'resources/demo/audit.yaml'))).toContain('4 fine-tunes');
  });
});
