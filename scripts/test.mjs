// `make test`: every check of the project in one command. Ends in a line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerEnvironment } from '../dist/models/local/environment.js';

const results = mkdtempSync(join(tmpdir(), 'hyde-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

function run(title, program, args, env = {}) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return status ?? 1;
}

/** A check that is one pass or one failure. */
function check(title, program, args) {
  const status = run(title, program, args);
  if (status === 0) total.passed++;
  else total.failed++;
}

function vitest(title, env, ...patterns) {
  const file = join(results, `${title.replaceAll(' ', '-')}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const status = run(title, 'npx', ['vitest', 'run', ...reporters, ...patterns], env);
  if (!existsSync(file)) {
    total.failed++;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTotalTests } = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  total.passed += numPassedTests;
  total.failed += numFailedTests;
  total.skipped += numPendingTests;
  // A file that cannot even be loaded has no tests to count.
  if (status !== 0 && numFailedTests === 0) total.failed++;
  if (numTotalTests === 0) total.failed++;
}

function pytest(python, variables) {
  const packages = join('.toolchain', 'pytest');
  if (!existsSync(join(packages, 'pytest'))) {
    mkdirSync(packages, { recursive: true });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', packages];
    if (run('worker: pytest', python, [...pip, '-r', 'worker/requirements-test.txt']) !== 0) total.failed++;
  }
  const file = join(results, 'pytest.xml');
  const PYTHONPATH = [packages, variables.PYTHONPATH].join(':');
  const args = ['-m', 'pytest', 'worker/tests', '-q', '-p', 'no:cacheprovider', `--junitxml=${file}`];
  const status = run('worker', python, args, { ...variables, PYTHONPATH });
  const counts = existsSync(file) ? /<testsuite [^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] : undefined;
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(counts ?? '')?.[1] ?? 0);
  const failed = count('failures') + count('errors');
  total.failed += failed || (status === 0 ? 0 : 1);
  total.skipped += count('skipped');
  total.passed += count('tests') - failed - count('skipped');
}

const say = {
  stage: (name, text) => console.log(`${name}: ${text}`),
  note: console.log,
  detail() {},
  warn: console.warn,
  progress() {},
};
const { python, variables } = await workerEnvironment(say);

check('lint, types, dependency rules', 'npm', ['run', '--silent', 'lint']);
vitest('library and command line', {});
pytest(python, variables);
vitest('real model', { HYDE_REAL: '1' }, 'test/real');

rmSync(results, { recursive: true, force: true });
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
