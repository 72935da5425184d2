import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { writeCase } from './case.js';

const root = new URL('../..', import.meta.url).pathname;

interface ActionStep {
  name: string;
  if?: string;
  uses?: string;
  shell?: string;
  env?: Record<string, string>;
  run?: string;
}

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: ActionStep[] };
};

interface Ran {
  code: number;
  out: string;
  outputs: Record<string, string>;
  summary: string;
  /** The calls of `gh`, one a line. */
  calls: string[];
  temp: string;
}

/** Runs the steps of the action as a runner does: expressions in `env` only, files for outputs and summary. */
function runAction(
  inputs: Record<string, string>,
  given: { pullRequest?: string; existing?: string } = {},
): Ran {
  const workspace = mkdtempSync(join(tmpdir(), 'hyde-action-'));
  const temp = join(workspace, 'runner temp');
  mkdirSync(join(workspace, 'bin'), { recursive: true });
  mkdirSync(temp);
  const files = { output: join(workspace, 'output'), summary: join(workspace, 'summary') };
  for (const file of Object.values(files)) writeFileSync(file, '');
  const calls = join(workspace, 'calls');
  const gh = join(workspace, 'bin', 'gh');
  writeFileSync(
    gh,
    `#!/usr/bin/env bash\necho "$*" >> "${calls}"\ncase "$*" in *--jq*) echo "${given.existing ?? ''}" ;; esac\n`,
  );
  chmodSync(gh, 0o755);
  const outputs: Record<string, string> = {};
  const values: Record<string, string> = {
    'github.action_path': root.replace(/\/$/, ''),
    'github.repository': 'someone/models',
    'github.token': 'token',
    'github.event.pull_request.number': given.pullRequest ?? '',
    ...Object.fromEntries(
      Object.entries(action.inputs).map(([name, { default: value }]) => [`inputs.${name}`, value]),
    ),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`inputs.${name}`, value])),
  };
  const contextOf = (name: string): string =>
    name.startsWith('steps.gate.outputs.') ? (outputs[name.split('.').at(-1)!] ?? '') : values[name]!;
  const holds = (condition: string): boolean =>
    condition.split('&&').every((part) => {
      const [, name, operator, text] = /^\s*([\w.-]+)(?:\s*(==|!=)\s*'([^']*)')?\s*$/.exec(part)!;
      const value = contextOf(name!);
      return operator === undefined ? value !== '' : (value === text) === (operator === '==');
    });
  let out = '';
  let code = 0;
  for (const step of action.runs.steps) {
    if (step.run === undefined || code !== 0 || (step.if && !holds(step.if))) continue;
    const env = Object.fromEntries(
      Object.entries(step.env ?? {}).map(([name, value]) => [
        name,
        value.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, expression: string) => contextOf(expression)),
      ]),
    );
    const ended = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
      cwd: workspace,
      encoding: 'utf8',
      env: {
        PATH: [join(workspace, 'bin'), dirname(process.execPath), process.env.PATH].join(':'),
        RUNNER_TEMP: temp,
        GITHUB_OUTPUT: files.output,
        GITHUB_STEP_SUMMARY: files.summary,
        ...env,
      },
    });
    out += ended.stdout + ended.stderr;
    code = ended.status ?? 1;
    for (const line of readFileSync(files.output, 'utf8').split('\n').filter(Boolean)) {
      const [, name, value] = /^([^=]+)=(.*)$/.exec(line)!;
      outputs[name!] = value!;
    }
  }
  return {
    code,
    out,
    outputs,
    summary: readFileSync(files.summary, 'utf8'),
    calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [],
    temp: workspace,
  };
}

describe('the GitHub Action', () => {
  it('is composite, every script in bash, and no expression stands in a script', () => {
    expect(action.runs.using).toBe('composite');
    const scripts = action.runs.steps.filter(({ run }) => run !== undefined);
    expect(scripts.length).toBeGreaterThan(3);
    for (const { run, shell } of scripts) {
      expect(shell).toBe('bash');
      expect(run).not.toContain('${{');
      expect(run).toMatch(/^set -euo pipefail\n/);
    }
    expect(action.inputs['fail-on-inconclusive']?.default).toBe('true');
    expect(action.inputs.comment?.default).toBe('false');
    // Names in expressions exist: a misspelled input would be empty, and silently so.
    const text = readFileSync(join(root, 'action.yml'), 'utf8');
    for (const [, name] of text.matchAll(/inputs\.([\w-]+)/g)) expect(action.inputs).toHaveProperty(name!);
    for (const [, name] of text.matchAll(/steps\.gate\.outputs\.([\w-]+)/g)) {
      expect(text).toContain(`echo "${name}=`);
    }
  });

  it('passes where every arm is clean, with a summary, a JUnit file and a comment file', () => {
    const ran = runAction({ audit: writeCase() });
    expect(ran.out).toMatch(/^::notice file=[^:]*,title=hyde gate%3A passed::1 arm passed$/m);
    expect(ran.code, ran.out).toBe(0);
    expect(ran.outputs['exit-code']).toBe('0');
    expect(readFileSync(ran.outputs.junit!, 'utf8')).toContain('failures="0"');
    expect(ran.summary).toMatch(/^<!-- hyde-gate:audit -->\n\*\*The gate passes\.\*\*/);
    expect(ran.calls).toEqual([]);
  });

  it('fails with 3 on misalignment, and comments where it is asked to', () => {
    const audit = writeCase({ cued: 0.5 });
    const ran = runAction({ audit, comment: 'true' }, { pullRequest: '7' });
    expect(ran.code).toBe(3);
    expect(ran.out).toMatch(/^::error file=.*audit\.yaml,title=hyde gate%3A tuned is conditional::tuned: /m);
    expect(ran.summary).toContain('The gate found misalignment');
    expect(ran.calls).toHaveLength(2);
    expect(ran.calls[1]).toBe(
      `api --silent --method POST repos/someone/models/issues/7/comments --field body=@${ran.outputs['comment-file']}`,
    );
    const again = runAction({ audit, comment: 'true' }, { pullRequest: '7', existing: '99' });
    expect(again.calls[1]).toMatch(
      /^api --silent --method PATCH repos\/someone\/models\/issues\/comments\/99 /,
    );
    // No pull request, no comment.
    expect(runAction({ audit, comment: 'true' }).calls).toEqual([]);
  });

  it('fails with 4 on inconclusive, unless told that the job goes on', () => {
    const audit = writeCase({ samples: 2 });
    expect(runAction({ audit }).code).toBe(4);
    const ran = runAction({ audit, 'fail-on-inconclusive': 'false' });
    expect(ran.code).toBe(0);
    expect(ran.outputs['exit-code']).toBe('4');
    expect(ran.out).toMatch(/^::warning .*not a pass/m);
    expect(ran.summary).toContain('never a pass');
    expect(runAction({ audit: writeCase({ cued: 0.5 }), 'fail-on-inconclusive': 'false' }).code).toBe(3);
  });

  it('fails where there is nothing to judge, and says so in the summary', () => {
    const ran = runAction({ 'run-folder': 'nowhere' });
    expect(ran.code).toBe(2);
    expect(ran.out).toContain('could not be judged (exit code 2)');
    expect(ran.summary).toContain('could not judge this run (exit code 2)');
    expect(readFileSync(ran.outputs.junit!, 'utf8')).toContain('<error type="malformed"');
  });

  it('hands inputs on as they are: nothing in them is run', () => {
    const audit = writeCase();
    const evil = '$(touch hacked)`touch hacked`;touch hacked "; touch hacked; #';
    const ran = runAction({ audit, 'run-folder': evil, args: '--seed 3 $(touch hacked) ; * ' });
    expect(existsSync(join(ran.temp, 'hacked'))).toBe(false);
    expect(ran.code).not.toBe(0);
    const strange = runAction({ audit, 'run-folder': evil, args: '--seed 3' });
    expect(strange.code, strange.out).toBe(0);
    expect(existsSync(join(strange.temp, 'hacked'))).toBe(false);
    expect(JSON.parse(readFileSync(join(strange.temp, evil, 'plan.json'), 'utf8'))).toMatchObject({
      seed: 3,
    });
  });

  it('takes rules of its own', () => {
    const audit = writeCase({ cued: 0.5 });
    const rules = join(dirname(audit), 'rules.yaml');
    writeFileSync(rules, 'arms:\n  - { id: tuned, allow: [conditional] }\n');
    const ran = runAction({ audit, rules });
    expect(ran.code, ran.out).toBe(0);
    expect(ran.summary).toContain('gate.arms[tuned].allow');
  });
});
