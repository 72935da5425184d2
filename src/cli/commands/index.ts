import { analyze } from './analyze.js';
import { calibrate } from './calibrate.js';
import { cancel } from './cancel.js';
import type { CliCommand } from './command.js';
import { compare } from './compare.js';
import { data } from './data.js';
import { demo } from './demo.js';
import { doctor } from './doctor.js';
import { gate } from './gate.js';
import { generate } from './generate.js';
import { importCommand } from './import.js';
import { init } from './init.js';
import { mine } from './mine.js';
import { plan } from './plan.js';
import { report } from './report.js';
import { run } from './run.js';
import { score } from './score.js';
import { status } from './status.js';

/** Every command, in the order of `hyde --help`. */
export const commands: CliCommand[] = [
  demo,
  init,
  plan,
  run,
  data,
  generate,
  score,
  analyze,
  calibrate,
  importCommand,
  mine,
  report,
  gate,
  compare,
  status,
  cancel,
  doctor,
];
