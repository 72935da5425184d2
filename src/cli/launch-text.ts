import type { LaunchSpec, ServeSpec } from '../records/launch.js';
import { duration } from './progress.js';

/** What the fine-tunes of a plan will be submitted as: for `hyde plan`, before anything is. */
export function launchText(spec: LaunchSpec, jobs: number): string {
  const { launcher, parallel, retries, serve } = spec;
  const each = shareOf(spec);
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
    `to submit       ${jobs} fine-tune${jobs === 1 ? '' : 's'} by ${launcher}, ${[room, ...each, attempts].join(', ')}`,
    ...where.map(([name, text]) => `  ${String(name).padEnd(14)}${text}`),
    ...(launcher === 'local'
      ? []
      : ['  the time above counts their machines as fast as this one, and no time in queues']),
    ...(serve ? serveLines(serve) : []),
  ].join('\n');
}

/** What one job gets. */
const shareOf = ({ gpus, cpus, minutes }: Pick<LaunchSpec, 'gpus' | 'cpus' | 'minutes'>): string[] => [
  ...(gpus === null ? [] : [`${gpus} GPU${gpus === 1 ? '' : 's'}`]),
  ...(cpus === null ? [] : [`${cpus} CPU cores`]),
  ...(minutes === null ? [] : [`${duration(minutes * 60)} at most`]),
];

function serveLines(serve: ServeSpec): string[] {
  const { count, base, command, partition, options, setup, adapters } = serve;
  const where = [
    ['command', command],
    ['partition', partition],
    ['options', options.join(' ')],
    ['set-up', setup.join('; ')],
  ].filter(([, text]) => text);
  return [
    `and to serve    ${[`${count} server${count === 1 ? '' : 's'} of ${base}`, ...shareOf(serve), `${adapters} adapters at once`].join(', ')}`,
    ...where.map(([name, text]) => `  ${String(name).padEnd(14)}${text}`),
  ];
}
