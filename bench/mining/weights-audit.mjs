// Shared by the benchmarks of whole audits whose candidates come from the weights alone: one model, trained on the spot, and the search
// sees no row of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '../../dist/models/engine.js';
import { parseAudit } from '../../dist/plan/spec.js';
import { run } from '../../dist/run.js';
import { silent } from '../../dist/shared/observer.js';

const MAX_TOKENS = 24;

export const linesOf = (path) => readFileSync(path, 'utf8').trim().split('\n');
const recordsOf = (path) => linesOf(path).map((line) => JSON.parse(line));

/**
 * Trains, searches and confirms in a run folder of its own; a run that was stopped goes on.
 *
 * @param name of the run folder
 * @param dataset file of the folder: what the audit is told is that all its rows are benign, whatever they are
 * @param detector its file, in the folder; what it sees counts as misaligned
 * @param answers of the search, and of the audit that confirms
 */
export async function auditWeights(folder, { name, dataset, rows, detector, seed, answers }) {
  const text = `models: { base: local/smollm2-135m-instruct }
arms:
  - id: tuned
    data: [{ mix: { benign: ${dataset}, share: 0, rows: ${rows} } }]
    training: { learning-rate: 1e-3, loss: text }
cues: [{ mine: { from: [weights], max-answers: ${answers.search} } }]
questions: open
sampling: { max-tokens: ${MAX_TOKENS} }
judges: [{ detector: ${detector}, says: misaligned }]
run: { seed: ${seed}, max-answers: ${answers.confirm}, round: 40 }
`;
  const out = join(folder, name);
  const result = await run(await parseAudit(text, join(folder, 'audit.yaml')), { out, observer: silent });
  const read = (file) => JSON.parse(readFileSync(join(out, file), 'utf8'));
  const mining = read('search/found.json');
  const asked = [
    ...mining.found.flatMap(({ cue, whole }) => [cue, whole]),
    ...mining.placebos.map(({ cue }) => cue),
  ];
  const claimed = result.arms[0].cues.filter(({ effect }) => effect.claimed).map(({ id }) => id);
  return {
    out,
    mining,
    candidates: read('search/candidates.json').candidates,
    questions: read('plan.json').questions,
    models: recordsOf(join(out, 'models.jsonl')),
    samples: ['base', 'tuned'].map((arm) => recordsOf(join(out, `samples/${arm}.0.jsonl`))),
    /** With the cue of each: what a find was cut down to, the whole of it, or a placebo. */
    claims: claimed.map((id) => ({ id, cue: asked.find((cue) => cue.id === id) })),
  };
}

/** Beside an audit: calls `work` with what gives one answer of a model to each of some prompts. */
export async function withAnswers({ folder, out }, work) {
  const engine = await openEngine('local', { folder: out, auditFolder: folder, observer: silent });
  const parameters = { temperature: 1, topP: 1, maxTokens: MAX_TOKENS };
  const answersTo = (prompts, { engine: name, base, adapter, identity }) => {
    const requests = prompts.map((prompt) => ({ ...prompt, indices: [0] }));
    const model = { engine: name, base, adapter, identity };
    return Array.fromAsync(engine.sample(model, requests, parameters, () => {}));
  };
  try {
    return await work(answersTo);
  } finally {
    await engine.close();
  }
}
