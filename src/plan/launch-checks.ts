/** What a launcher could not work with, found before anything is submitted. */
import type { AuditRun } from '../records/audit.js';
import { wrongAddress } from '../shared/addresses.js';

type Fail = (message: string, key: string, hint?: string) => never;

/** @param fail throws an InputError with the place of the key */
export function checkLaunch(run: AuditRun, fail: Fail): void {
  checkOptions(run, fail);
  checkCommands(run, fail);
  if (run.address !== undefined) {
    const wrong = wrongAddress(run.address);
    if (wrong) fail(`run.address ${wrong}`, 'address', 'address: "http://HEAD:8265"');
  }
}

/** Options of sbatch by which jobs would be found no more, or none would be submitted. */
const OWN = ['--job-name', '--array', '--clusters', '--parsable', '--wrap', '--wait', '--test-only'];

function checkOptions(run: AuditRun, fail: Fail): void {
  for (const [key, options = []] of [
    ['options', run.options],
    ['serve', run.serve?.options],
  ] as const) {
    const own = options.find(isOwn);
    if (own === undefined) continue;
    fail(
      `the option ${own} of sbatch cannot be given`,
      key,
      'hyde finds its jobs again by their name, in arrays, on one cluster',
    );
  }
}

/** sbatch takes long options by their first letters, too. */
function isOwn(word: string): boolean {
  const [name = ''] = word.split('=');
  if (/^-[JaMW]/.test(word) || name === '--wait') return true;
  return name.length > 4 && OWN.some((own) => own !== '--wait' && own.startsWith(name));
}

function checkCommands(run: AuditRun, fail: Fail): void {
  for (const key of ['submit', 'state', 'cancel', 'logs'] as const) {
    if (unbalanced(run[key] ?? '')) fail(`a quote of run.${key} is not closed`, key);
  }
  if (run.submit !== undefined && !/\{(command|folder)\}/.test(run.submit))
    fail('run.submit does not say what is to run', 'submit', 'submit: srun sh -c {command}');
  if (run.submit !== undefined && run.state !== undefined && !run.submit.includes('{id}'))
    fail('run.submit gives the job no name by which run.state could find it', 'submit', 'put {id} into it');
  for (const key of ['state', 'cancel', 'logs'] as const) {
    if (run[key] !== undefined && !/\{(id|folder)\}/.test(run[key]))
      fail(`run.${key} does not say which job is meant`, key, 'put {id} into it');
  }
  const { command } = run.serve ?? {};
  if (command !== undefined && unbalanced(command))
    fail('a quote of run.serve.command is not closed', 'serve');
  if (command !== undefined && !command.includes('{port}'))
    fail('run.serve.command does not say which port to listen on', 'serve', 'put --port {port} into it');
}

/** Is a quote left open? The same words as `words` of the launchers makes. */
const unbalanced = (line: string): boolean => /["']/.test(line.replace(/"[^"]*"|'[^']*'/g, ''));
