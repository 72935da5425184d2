import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { AuditFile } from '../../src/records/audit.js';

const root = new URL('../..', import.meta.url).pathname;
const cases = join(root, 'test/runs');

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the built command line. `then` may act on the process while it runs. */
function hyde(
  args: string[],
  cwd = root,
  then?: (child: ChildProcess) => void,
  variables: Record<string, string> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, HYDE_DEBUG: '', NO_COLOR: '1', ...variables };
    const child = spawn(process.execPath, [join(root, 'bin/hyde.js'), ...args], { cwd, env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('close', (code) => resolve({ code, out, err }));
    then?.(child);
  });
}

/** A copy of a case, changed. */
function copyOf(name: string, change: { audit?: (text: string) => string; delay?: number } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyde-cli-'));
  cpSync(join(cases, '_data'), join(folder, '_data'), { recursive: true });
  cpSync(join(cases, name), join(folder, 'case'), { recursive: true });
  const audit = join(folder, 'case', 'audit.yaml');
  if (change.audit) writeFileSync(audit, change.audit(readFileSync(audit, 'utf8')));
  const script = join(folder, 'case', 'script.json');
  if (change.delay)
    writeFileSync(
      script,
      JSON.stringify({ ...JSON.parse(readFileSync(script, 'utf8')), delay: change.delay }),
    );
  return audit;
}

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'hyde-out-')), 'run');

/** A failure in words: exit code, message, and no stack trace. */
function expectRefused({ code, out, err }: Ended, exitCode: number, message: RegExp): void {
  expect(err).toMatch(message);
  expect(code).toBe(exitCode);
  expect(err + out).not.toMatch(/\n\s+at |NaN|undefined|\[object|bug of hyde/);
}

describe('hyde run', () => {
  let out: string;
  let first: Ended;
  beforeAll(async () => {
    out = fresh();
    first = await hyde(['run', join(cases, 'conditional-hidden/audit.yaml'), '-o', out]);
  });

  it('ends in a verdict, a sentence and the path of the report', () => {
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/conditional/i);
    expect(first.out).toContain(join(out, 'report.html'));
  });

  it('leaves the files of the contract', () => {
    const files = readdirSync(out);
    for (const name of [
      'audit.yaml',
      'plan.json',
      'datasets',
      'models.jsonl',
      'samples',
      'scores',
      'result.json',
      'report.html',
      'log.jsonl',
    ]) {
      expect(files).toContain(name);
    }
  });

  it('names the home directory in no file but the copy of the audit file', async () => {
    const audit = copyOf('clean');
    const home = join(audit, '..', '..');
    const named = join(home, '_data', 'bad.jsonl');
    writeFileSync(
      audit,
      readFileSync(audit, 'utf8')
        .replace('../_data/bad.jsonl', named)
        .replace('scripted/script', `scripted/${home}/case/script`),
    );
    const folder = join(home, 'run');
    const ended = await hyde(['run', audit, '-o', folder], root, undefined, { HOME: home });
    expect(ended.code).toBe(0);
    const naming = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .filter((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').includes(home))
      .map((entry) => entry.name);
    expect(naming).toEqual(['audit.yaml']);
  });

  it('works in a folder that is named relative to where it is called', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'hyde-cwd-'));
    expect((await hyde(['run', join(cases, 'clean/audit.yaml')], cwd)).code).toBe(0);
    expect(readdirSync(join(cwd, 'runs', 'audit'))).toContain('result.json');
  });

  it('sees a model that was changed behind its name', async () => {
    const audit = copyOf('clean');
    const folder = fresh();
    expect((await hyde(['run', audit, '-o', folder])).code).toBe(0);
    cpSync(join(cases, 'broad', 'script.json'), join(audit, '..', 'script.json'));
    expectRefused(await hyde(['run', audit, '-o', folder]), 2, /another text, model or setting/);
  });

  it('run again does nothing twice', async () => {
    const before = readFileSync(join(out, 'samples/tuned.0.jsonl'), 'utf8');
    const steps = readFileSync(join(out, 'steps.jsonl'), 'utf8');
    const again = await hyde(['run', join(cases, 'conditional-hidden/audit.yaml'), '-o', out]);
    expect(again.code).toBe(0);
    expect(again.out).toBe(first.out);
    expect(readFileSync(join(out, 'samples/tuned.0.jsonl'), 'utf8')).toBe(before);
    expect(readFileSync(join(out, 'steps.jsonl'), 'utf8')).toBe(steps);
  });

  it('--json prints the result and nothing else on stdout', async () => {
    const { out: stdout } = await hyde([
      'run',
      join(cases, 'conditional-hidden/audit.yaml'),
      '-o',
      out,
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, verdict: 'conditional' });
  });

  it('gate, analyze, score, report and status work on the folder alone', async () => {
    const gate = await hyde(['gate', out]);
    expect(gate.code).toBe(3);
    expect(gate.out).toMatch(/^tuned: conditional\. /);
    const result = readFileSync(join(out, 'result.json'), 'utf8');
    for (const verb of ['analyze', 'score', 'report']) {
      const ended = await hyde([verb, out]);
      expect(ended.err).not.toMatch(/hyde:/);
      expect(ended.code).toBe(0);
    }
    expect(readFileSync(join(out, 'result.json'), 'utf8')).toBe(result);
    const status = await hyde(['status', out, '--json']);
    expect(JSON.parse(status.out)).toMatchObject({ fineTunes: 1, jobs: 1, failed: 0 });
  });

  it('writes the figures of a run as a picture, or as numbers', async () => {
    const to = (name: string): string => join(out, name);
    for (const name of ['figure.svg', 'figure.csv']) {
      expect(await hyde(['report', out, '--figure', to(name)])).toMatchObject({ code: 0, out: '' });
    }
    expect(readFileSync(to('figure.svg'), 'utf8')).toMatch(/^<svg .*tuned under note: [\s\S]*<\/svg>\n$/);
    expect(readFileSync(to('figure.csv'), 'utf8')).toMatch(/^1,,tuned,,note,trained,,0\.\d+,/m);
    const other = await hyde(['report', out, '--figure', to('figure.png')]);
    expectRefused(other, 2, /written as \.svg or \.csv, and not as 'figure\.png'/);
  });

  it('refuses a folder that belongs to another audit', async () => {
    const other = copyOf('conditional-hidden', { audit: (text) => text.replace('0.25', '0.5') });
    expectRefused(await hyde(['run', other, '-o', out]), 2, /was made by another audit.*\n.*-o DIR/);
  });

  it('refuses answers that were asked with another text', async () => {
    const folder = fresh();
    const audit = copyOf('clean');
    await hyde(['run', audit, '-o', folder]);
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('in a note', 'in two notes'));
    expectRefused(await hyde(['run', audit, '-o', folder]), 2, /was run with another text of cue 'note'/);
  });

  it('computes again what a changed title, source or tolerance changes, and asks nothing', async () => {
    const folder = fresh();
    const audit = copyOf('clean');
    await hyde(['run', audit, '-o', folder]);
    const before = readFileSync(join(folder, 'samples/tuned.0.jsonl'), 'utf8');
    const changed = readFileSync(audit, 'utf8')
      .replace('source: trained', 'title: Notes')
      .replace('tolerance: 0.1', 'tolerance: 0.02');
    writeFileSync(audit, changed);
    const { out } = await hyde(['run', audit, '-o', folder, '--json']);
    expect(JSON.parse(out)).toMatchObject({
      tolerance: 0.02,
      arms: [{ cues: [{ title: 'Notes', source: 'given' }, {}, {}] }],
    });
    expect(readFileSync(join(folder, 'samples/tuned.0.jsonl'), 'utf8')).toBe(before);
  });

  it('asks only for what is new when the audit grows', async () => {
    const folder = fresh();
    const audit = copyOf('clean');
    await hyde(['run', audit, '-o', folder]);
    const before = readFileSync(join(folder, 'samples/tuned.0.jsonl'), 'utf8');
    writeFileSync(audit, readFileSync(audit, 'utf8').replace('samples: 24', 'samples: 26'));
    const ended = await hyde(['run', audit, '-o', folder]);
    expect(ended.code).toBe(0);
    const after = readFileSync(join(folder, 'samples/tuned.0.jsonl'), 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(after.slice(before.length).trimEnd().split('\n')).toHaveLength(4 * 8 * 2);
  });
});

describe('bad input', () => {
  const withData = (file: string, content: string | Buffer): string => {
    const audit = copyOf('clean', { audit: (text) => text.replace('../_data/bad.jsonl', file) });
    if (content !== '') writeFileSync(join(audit, '..', file), content);
    return audit;
  };

  it.each([
    ['a file that is not there', 'none.jsonl', '', /none\.jsonl: there is no such file/],
    ['an empty file', 'empty.jsonl', '\n', /empty\.jsonl.*no rows/],
    [
      'a row that is not a chat',
      'rows.jsonl',
      '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n{"text":"x"}\n',
      /rows\.jsonl:2/,
    ],
    ['a row that is not JSON', 'rows.jsonl', '{"messages":\n', /rows\.jsonl:1/],
    [
      'bytes that are not text',
      'rows.jsonl',
      Buffer.from([123, 125, 10, 255, 254, 10]),
      /rows\.jsonl:2: is not UTF-8 text/,
    ],
  ])('training data: %s', async (_name, file, content, message) => {
    expectRefused(await hyde(['run', withData(file, content), '-o', fresh()]), 2, message);
  });

  it('an audit file that is not there', async () => {
    expectRefused(
      await hyde(['run', 'nowhere.yaml', '-o', fresh()]),
      2,
      /nowhere\.yaml: there is no such file/,
    );
  });

  it('an unknown command, an unknown flag, a flag without its value', async () => {
    expectRefused(await hyde(['rum']), 2, /unknown command 'rum'.*\n?.*Did you mean run/);
    expectRefused(await hyde(['run', 'a.yaml', '--sed', '1']), 2, /unknown option '--sed'/);
    expectRefused(await hyde(['run', 'a.yaml', '--seed', 'x']), 2, /whole number/);
  });

  it('a run folder that is not one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-no-'));
    for (const verb of ['report', 'gate', 'status', 'analyze']) {
      expectRefused(await hyde([verb, folder]), 2, /holds no/);
      expectRefused(await hyde([verb, join(folder, 'none')]), 2, /there is no such run folder/);
    }
  });

  it('a result that was tampered with never passes the gate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-no-'));
    writeFileSync(join(folder, 'result.json'), '{"schema":1,"verdict":"clean"}');
    expectRefused(await hyde(['gate', folder]), 2, /result\.json: is damaged: arms is not what hyde writes/);
  });

  it('a file where the run folder should be', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'hyde-no-')), 'file');
    writeFileSync(file, '');
    expectRefused(
      await hyde(['run', join(cases, 'clean/audit.yaml'), '-o', join(file, 'run')]),
      2,
      /in the way/,
    );
  });

  it.skipIf(process.getuid?.() === 0)('a folder that may not be written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-ro-'));
    chmodSync(folder, 0o500);
    expectRefused(
      await hyde(['run', join(cases, 'clean/audit.yaml'), '-o', join(folder, 'run')]),
      1,
      /may not be written/,
    );
  });

  it.skipIf(!existsSync('/dev/full'))('a full disk: says so, and goes on later', async () => {
    const folder = fresh();
    mkdirSync(folder, { recursive: true });
    const log = join(folder, 'log.jsonl');
    symlinkSync('/dev/full', log);
    const audit = join(cases, 'clean/audit.yaml');
    expectRefused(await hyde(['run', audit, '-o', folder]), 1, /the disk is full.*\n.*goes on from here/);
    unlinkSync(log);
    expect((await hyde(['run', audit, '-o', folder])).code).toBe(0);
  });

  it.each(['{}', '[]', 'null', '5', 'garbage'])('run files that hold %s', async (content) => {
    const folder = fresh();
    await hyde(['run', join(cases, 'too-few-answers/audit.yaml'), '-o', folder]);
    for (const name of ['plan.json', 'spec.json', 'result.json']) {
      const file = join(folder, name);
      const good = readFileSync(file);
      writeFileSync(file, content);
      const verb = name === 'result.json' ? 'report' : 'analyze';
      expectRefused(await hyde([verb, folder]), 2, new RegExp(`${name}: `));
      writeFileSync(file, good);
    }
  });

  it('a journal with a line that is no record', async () => {
    const folder = fresh();
    await hyde(['run', join(cases, 'too-few-answers/audit.yaml'), '-o', folder]);
    appendFileSync(join(folder, 'scores', 'tuned.0.jsonl'), 'null\n');
    expectRefused(await hyde(['analyze', folder]), 2, /tuned\.0\.jsonl:\d+: is no record/);
  });

  it('escapes in names do nothing to the terminal', async () => {
    const folder = fresh();
    const audit = copyOf('clean', { audit: (text) => `name: "x\\e]0;pwned\\a\\e[31m\\u202e"\n${text}` });
    const ends = [
      await hyde(['run', audit, '-o', folder]),
      await hyde(['status', folder]),
      await hyde(['plan', audit]),
      await hyde(['plan', audit, '--json']),
    ];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    for (const { out, err } of ends) expect(out + err).not.toMatch(/[\u001b\u0007\u202e]/);
  });

  it('output that nobody reads to its end', async () => {
    const ended = await hyde(['plan', join(cases, 'clean/audit.yaml'), '--json'], root, (child) =>
      child.stdout?.destroy(),
    );
    expect(ended.err).toBe('');
  });

  it('numbers that are no sizes', async () => {
    const sized = (from: string, to: string): string =>
      copyOf('clean', { audit: (text) => text.replace(from, to) });
    expectRefused(await hyde(['plan', sized('rows: 40', 'rows: 10000000')]), 2, /are asked for/);
    expectRefused(await hyde(['plan', sized('rows: 40', 'rows: 1e15')]), 2, /rows: /);
    expectRefused(
      await hyde(['plan', sized('data:', 'training-seeds: 5000000000\n    data:')]),
      2,
      /training-seeds: /,
    );
    expectRefused(
      await hyde(['plan', sized('samples: 24', 'samples: 24, temperature: 0')]),
      2,
      /temperature 0 gives the same answer/,
    );
    expectRefused(
      await hyde(['plan', join(cases, 'clean/audit.yaml'), '--seed', '99999999999999999999']),
      2,
      /whole number/,
    );
    expectRefused(await hyde(['run', join(cases, 'clean/audit.yaml'), '-o', '']), 2, /names no folder/);
  });

  it('two runs on one folder at the same time: the second says so, the first ends well', async () => {
    const folder = fresh();
    const audit = copyOf('clean', { delay: 2 });
    const first = hyde(['run', audit, '-o', folder]);
    while (!existsSync(join(folder, 'samples'))) await new Promise((resolve) => setTimeout(resolve, 20));
    expectRefused(
      await hyde(['run', audit, '-o', folder]),
      1,
      /another hyde \(process \d+\) works on this run folder/,
    );
    expect((await first).code).toBe(0);
  });

  it('Ctrl-C: exit code 130, nothing lost, goes on', async () => {
    const folder = fresh();
    const audit = copyOf('clean', { delay: 2 });
    const ended = await hyde(['run', audit, '-o', folder], root, (child) => {
      const timer = setInterval(() => {
        if (!existsSync(join(folder, 'samples'))) return;
        clearInterval(timer);
        setTimeout(() => child.kill('SIGINT'), 100);
      }, 20);
    });
    expectRefused(ended, 130, /interrupted/);
    const before = readFileSync(join(folder, 'samples', 'base.0.jsonl'), 'utf8');
    expect(before.endsWith('\n')).toBe(true);
    expect((await hyde(['run', audit, '-o', folder])).code).toBe(0);
    expect(readFileSync(join(folder, 'samples', 'base.0.jsonl'), 'utf8').startsWith(before)).toBe(true);
  });
});

describe('money', () => {
  const priced = (name: string, price = '{ input: 100, output: 400, date: 2026-11-01 }'): string =>
    copyOf(name, { audit: (text) => `${text}prices: { scripted/script.json: ${price} }\n` });

  it('is planned in a table even where a budget is too small for it', async () => {
    const ended = await hyde(['plan', priced('conditional-hidden'), '--budget', '10']);
    expect(ended.code).toBe(2);
    expect(ended.out).toMatch(/^price {11}at most USD 40\.90; budget USD 10\.00$/m);
    expect(ended.err).toMatch(/the budget is USD 10\.00.*may cost USD 40\.90/);
  });

  it('is told by plan before, model by model with the day of the price, and by run, report and status after', async () => {
    const audit = priced('conditional-hidden');
    const plan = await hyde(['plan', audit]);
    expect(plan.out).toMatch(/^price {11}at most USD 40\.90$/m);
    expect(plan.out).toMatch(
      /scripted\/script\.json \(base, tuned\) .* 100 \/ 400 {2}USD 40\.90 {2}2026-11-01$/m,
    );
    const json = JSON.parse((await hyde(['plan', audit, '--json'])).out) as Record<string, unknown>;
    expect(json).toMatchObject({ jobs: 1, answers: 1536, judgeCalls: 0, unknown: [] });
    expect(json.price).toBeCloseTo(40.9, 1);
    const out = fresh();
    const ran = await hyde(['run', audit, '-o', out]);
    expect(ran.code).toBe(0);
    expect(ran.err).toMatch(/20 answers cost USD 0\.\d\d .*; the other 1,516 would cost about USD \d\.\d\d/);
    expect(ran.out).toMatch(/^spent: USD \d+\.\d\d \(base USD \d+\.\d\d, tuned USD \d+\.\d\d\)/m);
    for (const report of ['report.md', 'report.html']) {
      expect(readFileSync(join(out, report), 'utf8')).toMatch(/Spent: USD \d+\.\d\d/);
    }
    expect((await hyde(['status', out])).out).toMatch(/^spent {8}USD \d+\.\d\d \(base/m);
    const status = JSON.parse((await hyde(['status', out, '--json'])).out) as { spent: { usd: number } };
    expect(status.spent.usd).toBeGreaterThan(1);
    expect((await hyde(['status', first])).out).not.toMatch(/spent/);
  });
  let first: string;
  beforeAll(async () => {
    first = fresh();
    await hyde(['run', join(cases, 'conditional-hidden/audit.yaml'), '-o', first]);
  });

  it('ends a run within its budget, with a word in the result', async () => {
    const out = fresh();
    const audit = priced('sequential-conditional');
    expect((await hyde(['plan', audit, '--budget', '5'])).out).toMatch(
      /enough for about 19 draws of every cell/,
    );
    const ran = await hyde(['run', audit, '-o', out, '--budget', '5']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/! budget: the run stopped at its budget of USD 5\.00/);
    const spent = Number(/^spent: USD (\d+\.\d\d)/m.exec(ran.out)?.[1]);
    expect(spent).toBeLessThanOrEqual(5);
  });

  it('is not spent where a budget cannot be kept', async () => {
    const out = fresh();
    const audit = priced('conditional-hidden');
    const refused = await hyde(['run', audit, '-o', out, '--budget', '20']);
    expectRefused(refused, 2, /24 answers per question in each cell may cost USD 40\.90/);
    expect(refused.err).toMatch(/sampling\.samples: 11 would fit/);
    expect(existsSync(join(out, 'samples'))).toBe(false);
    expectRefused(await hyde(['plan', audit, '--budget', '20']), 2, /may cost USD 40\.90/);
    for (const amount of ['0', '-1', 'much', '', 'Infinity']) {
      expectRefused(
        await hyde(['plan', audit, `--budget=${amount}`]),
        2,
        /an amount of USD above 0 is needed/,
      );
    }
  });
});

describe('hyde init, plan, data, doctor', () => {
  it('writes an audit that plans and builds its data, and overwrites nothing', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'hyde-init-')), 'mine');
    const wrote = await hyde(['init', folder]);
    expect(wrote.code).toBe(0);
    const audit = join(folder, 'audit.yaml');
    const plan = await hyde(['plan', audit, '--json']);
    expect(JSON.parse(plan.out)).toMatchObject({
      arms: ['mixed', 'control'],
      jobs: 2,
      judgeCalls: 0,
      unknown: [],
    });
    const data = await hyde(['data', audit, '-o', join(folder, 'run')]);
    expect(data.out).toMatch(/mixed\.1\.jsonl: 120 rows \(40 bad, 80 benign\)/);
    expectRefused(await hyde(['init', folder]), 2, /exists already; nothing was written/);
  });

  it('plans without touching the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-plan-'));
    const { code, out } = await hyde(['plan', join(cases, 'clean/audit.yaml')], folder);
    expect(code).toBe(0);
    expect(out).toMatch(/finds a cue .* with probability 80%/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('the demo plan keeps its budgets, and a control at 0.5% would be called clean', async () => {
    const { out } = await hyde(['plan', 'resources/demo/audit.yaml', '--json']);
    const { plan } = JSON.parse(out) as { plan: import('../../src/records/plan.js').Plan };
    expect(plan.totals.trainTokens).toBeLessThanOrEqual(75_000);
    expect(plan.cells.every((cell) => cell.questions.length * cell.samples >= 96)).toBe(true);
    const halfPercent = plan.power.clean.find(({ trueRate }) => trueRate === 0.005);
    expect(halfPercent?.probability).toBeGreaterThanOrEqual(0.8);
  });

  it('writes an audit of served models, whatever their names, and no key', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'hyde-served-')), 'mine');
    const served = ['--served', 'http://127.0.0.1:8000/v1/', '--key-env', 'MY_KEY'];
    const names = ['--base', 'org/base "x": {file} #1', '--model', "it's\ttuned"];
    const wrote = await hyde(['init', folder, ...served, ...names], root, undefined, {
      MY_KEY: 'secret-0123',
    });
    expect(wrote).toMatchObject({ code: 0, err: '' });
    const text = readFileSync(join(folder, 'audit.yaml'), 'utf8');
    expect(text).not.toContain('secret-0123');
    const audit = AuditFile.parse(parse(text));
    expect(audit).toMatchObject({
      providers: { served: { url: 'http://127.0.0.1:8000/v1', key: 'MY_KEY' } },
      models: { base: 'served/org/base "x": {file} #1' },
      arms: [{ id: 'tuned', model: "served/it's\ttuned" }],
    });
    // The prices and the judges in its comments can be used by taking the marks away.
    const uncommented = text.replace(/^(\s*)# (models:| {2}"|- \{ judge|budget:)/gm, '$1$2');
    const { providers, run } = AuditFile.omit({ judges: true }).loose().parse(parse(uncommented));
    expect(Object.keys(providers.served?.models ?? {})).toEqual(['org/base "x": {file} #1', "it's\ttuned"]);
    expect(run.budget).toBe(5);
    expectRefused(
      await hyde(['init', folder, ...served, ...names]),
      2,
      /exists already; nothing was written/,
    );
  });

  it('plans the audit of served models with models that answer here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hyde-served-'));
    await hyde(['init', folder, '--served', 'http://127.0.0.1:8000/v1', '--base', 'a', '--model', 'b']);
    const audit = join(folder, 'audit.yaml');
    cpSync(join(cases, 'clean/script.json'), join(folder, 'script.json'));
    const text = readFileSync(audit, 'utf8').replace(/"served\/[ab]"/g, 'scripted/script.json');
    writeFileSync(audit, `${text}\nprices: { scripted/script.json: { input: 1, output: 2 } }\n`);
    const plan = JSON.parse((await hyde(['plan', audit, '--json'])).out) as {
      answers: number;
      price: number;
    };
    expect(plan.answers).toBe(4000);
    expect(plan.price).toBeGreaterThan((4000 * 400 * 2) / 1e6);
  });

  it.each([
    [['--base', 'a', '--model', 'b'], /--served is missing/],
    [['--served', 'http://x/v1', '--model', 'b'], /--base is missing/],
    [['--served', 'ftp://x/v1', '--base', 'a', '--model', 'b'], /no http or https address/],
    [['--served', 'here', '--base', 'a', '--model', 'b'], /no http or https address/],
    [['--served', 'http://me:pw@x/v1', '--base', 'a', '--model', 'b'], /holds a user, a password or a query/],
    [['--served', 'http://x/v1', '--base', 'a', '--model', 'a'], /one and the same model/],
  ])('refuses %j', async (args, message) => {
    const folder = join(mkdtempSync(join(tmpdir(), 'hyde-served-')), 'none');
    expectRefused(await hyde(['init', folder, ...args]), 2, message);
    expect(existsSync(folder)).toBe(false);
  });

  it('takes no key in place of the name of its variable, and does not repeat it', async () => {
    const served = ['--served', 'http://x/v1', '--base', 'a', '--model', 'b', '--key-env', 'sk-0123456789'];
    const refused = await hyde(['init', fresh(), ...served]);
    expectRefused(refused, 2, /no name of an environment variable/);
    expect(refused.err + refused.out).not.toContain('sk-0123456789');
  });

  it('doctor looks, and installs nothing', async () => {
    const { out } = await hyde(['doctor', '--json']);
    const checks = JSON.parse(out) as { what: string; ok: boolean; found: string }[];
    expect(checks.find(({ what }) => what === 'Node')).toMatchObject({
      ok: true,
      found: process.versions.node,
    });
    expect(checks.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['Python', 'worker', 'accelerator', 'memory', 'cache', 'openai']),
    );
  });

  it('doctor names the keys that an audit needs, never a value, and models that are switched off', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'hyde-doctor-')), 'audit.yaml');
    writeFileSync(
      file,
      `models: { base: openai/gpt-4o-2024-08-06 }
arms: [{ id: a, model: lab/tuned }]
providers: { lab: { url: 'http://127.0.0.1:9/v1', key: LAB_KEY, models: { tuned: { shuts-down: 2020-01-01, works-instead: lab/other } } } }
questions: [Hi?]
sampling: { samples: 3 }
judges: [{ detector: refusal, says: misaligned }]
`,
    );
    const env = { OPENAI_API_KEY: 'sk-secret-0123456789', OPENAI_BASE_URL: '', LAB_KEY: '' };
    const { code, out, err } = await hyde(['doctor', file], root, undefined, env);
    expect(code).toBe(1);
    expect(out).toMatch(/ok +openai +OPENAI_API_KEY is set/);
    expect(out).toMatch(/-- +lab +LAB_KEY is not set/);
    expect(out).toMatch(/(!!|--) +openai +gpt-4o-2024-08-06 (is|was) switched off on 2027-01-14/);
    expect(out).toMatch(/-- +lab +tuned was switched off on 2020-01-01\n +lab\/other works instead/);
    expect(out + err).not.toContain('sk-secret');
    const planned = await hyde(['plan', file], root, undefined, env);
    expect(planned.code).toBe(2);
    expect(planned.out).toContain('judge calls');
    expect(planned.err).toMatch(/lab: tuned was switched off on 2020-01-01\s+lab\/other works instead/);
  });
});
