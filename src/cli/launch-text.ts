import type { LaunchSpec } from '../records/launch.js';
import { duration } from './progress.js';

/** What the fine-tunes of a plan will be submitted as: for `hyde plan`, before anything is. */
export function launchText(spec: LaunchSpec, jobs: number): string {
  const { launcher, parallel, gpus, cpus, minutes, retries } = spec;
  const each = [
    gpus === null ? undefined : `${gpus} GPU${gpus === 1 ? '' : 's'}`,
    cpus === null ? undefined : `${cpus} CPU cores`,
    minutes === null ? undefined : `${duration(minutes * 60)} at most`,
  ].filter((text) => text !== undefined);
  const where = [
    ['partition', spec.partition],
    ['account', spec.account],
    ['options', spec.options.join(' ')],
    ['by ssh on', spec.host && `${spec.host}, in ${spec.remote}`],
    ['address', launcher === 'ray' ? (spec.address ?? 'RAY_API_SERVER_ADDRESS') : null],
    ['python', spec.python],
    ['set-up', spec.setup.join('; ')],
    ['submit', spec.submit],
    ['state', spec.state],
    ['cancel', spec.cancel],
    ['logs', spec.logs],
  ].filter(([, text]) => text);
  const room = parallel === null ? 'as many at once as there are GPUs' : `${parallel} at once at most`;
  const attempts = `up to ${retries + 1} attempt${retries ? 's' : ''}`;
  return [
    `to submit       ${jobs} fine-tunes by ${launcher}, ${[room, ...each, attempts].join(', ')}`,
    ...where.map(([name, text]) => `  ${String(name).padEnd(14)}${text}`),
  ].join('\n');
}
