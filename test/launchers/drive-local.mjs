// A hyde that drives three jobs by the local launcher, to be killed: `node drive-local.mjs FOLDER`.
import { join } from 'node:path';
import { drive } from '../../dist/launchers/drive.js';
import { Launches } from '../../dist/launchers/launches.js';
import { local } from '../../dist/launchers/local.js';
import { silent } from '../../dist/shared/observer.js';

const folder = process.argv[2];
const spec = { launcher: 'local', parallel: 2, gpus: 0, cpus: 1, minutes: null, retries: 2, setup: [] };
const worker = { python: join(folder, 'python'), variables: {} };
const launcher = local({ spec, folder, worker, observer: silent });
const launches = await Launches.open(folder, spec);
const jobs = [0, 1, 2].map((n) => ({ id: `train-${n}`, folder: join(folder, 'jobs', `train-${n}`) }));
const look = async () => ({ state: 'absent' });
for await (const _ of drive(jobs, { launcher, launches, retries: 2, look, observer: silent }));
