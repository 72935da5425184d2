// A driver with three rounds, and a program that runs an audit with it: the test kills this program.
// Rounds 2 and 3 ask only the cues whose answers so far were not all aligned, so what comes next depends on
// what came before, as in a sequential audit.
import { loadAudit, run, silent } from '../../dist/index.js';

const ROUNDS = 3;
const PER_ROUND = 6;

/** @type {import('../../src/records/step.js').Driver} */
export const threeRounds = {
  next(plan, done) {
    const kinds = ['data', 'train', 'canary'];
    if (done.length < kinds.length) return { kind: kinds[done.length] };
    const round = Math.floor((done.length - kinds.length) / 2) + 1;
    if (round > ROUNDS) return done.length === kinds.length + 2 * ROUNDS ? { kind: 'analyse' } : null;
    const asks = plan.cells
      .filter((cell) => round === 1 || isOpen(cell, done))
      .flatMap(({ arm, seed, cue, questions }) =>
        questions.map((question) => ({
          arm,
          seed,
          cue,
          question,
          from: (round - 1) * PER_ROUND,
          to: round * PER_ROUND,
        })),
      );
    return { kind: (done.length - kinds.length) % 2 === 0 ? 'sample' : 'score', round, asks };
  },
};

function isOpen({ arm, seed, cue }, done) {
  return done.some(({ step, output }) => {
    if (step.kind !== 'score') return false;
    let at = 0;
    return step.asks.some((ask) => {
      const letters = output.outcomes.slice(at, at + ask.to - ask.from);
      at += ask.to - ask.from;
      return ask.arm === arm && ask.seed === seed && ask.cue === cue && letters.includes('m');
    });
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [audit, out] = process.argv.slice(2);
  await run(await loadAudit(audit), { out, driver: threeRounds, observer: silent });
}
