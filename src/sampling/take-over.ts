import { Judgement } from '../records/judge.js';
import type { Model } from '../records/model.js';
import { type AnswerKey, Sample } from '../records/sample.js';
import type { Ask } from '../records/step.js';
import { readAnswers } from '../shared/answers.js';
import { InputError } from '../shared/errors.js';
import { withoutHome } from '../shared/files.js';
import { Journal, readJournal } from '../shared/journal.js';
import { noteOrigin, type Origin } from '../shared/reused.js';
import { judgementsFile, samplesFile } from '../shared/run-folder.js';
import { type WantedRequest, wantedBy } from './requests.js';
import type { SampleContext } from './sample.js';

/** Takes over what another run's model answered to the same requests, as far as asks of a round still want it. */
export type Reuse = (asks: readonly Ask[], context: SampleContext) => Promise<void>;

/** The answers of one model in another run folder. */
export interface Source {
  folder: string;
  arm: string;
  seed: number;
  origin: Origin;
}

/** What of the asks of one model is not recorded yet, by request. */
export async function openAnswers(
  asks: readonly Ask[],
  model: Model,
  { folder, spec, render }: SampleContext,
): Promise<Map<string, WantedRequest>> {
  const wanted = wantedBy(asks, model, spec, render);
  const { arm, seed } = asks[0] as Ask;
  for await (const { request, cue, question, index } of readJournal<Sample>(samplesFile(folder, arm, seed))) {
    const cells = wanted.get(request)?.cells ?? [];
    cells.find((cell) => cell.cue === cue && cell.question === question)?.open.delete(index);
  }
  return wanted;
}

/**
 * Copies the answers that are wanted into the folder of the run, each once, and takes them off what is wanted.
 *
 * @param how `named`: the user named the source; then failed answers count as given too, and what is no record is an error.
 *   `isTaken`: judges whose judgements come along
 * @returns how many were copied
 * @throws InputError where a named source holds something else than answers
 */
export async function takeOver(
  sources: readonly Source[],
  into: { folder: string; arm: string; seed: number },
  model: Model,
  wanted: ReadonlyMap<string, WantedRequest>,
  { named, isTaken = () => true }: { named: boolean } & Pick<SampleContext, 'isTaken'>,
): Promise<number> {
  let journal: Journal | undefined;
  let taken = 0;
  try {
    for (const { folder, arm, seed, origin } of sources) {
      let noted = false;
      const copied = new Map<string, Pick<AnswerKey, 'cue' | 'question'>[]>();
      for await (const line of readAnswers(folder, arm, seed)) {
        if (line.model !== model.identity || (line.finish === 'failed' && !named)) continue;
        for (const { cue, question, open } of wanted.get(line.request)?.cells ?? []) {
          if (!open.has(line.index)) continue;
          const parsed = Sample.safeParse({ ...line, arm: into.arm, seed: into.seed, cue, question });
          if (!parsed.success) {
            if (!named) continue;
            throw new InputError('holds an answer that is no record of hyde', {
              file: withoutHome(samplesFile(folder, arm, seed)),
            });
          }
          open.delete(line.index);
          if (!journal)
            journal = new Journal(samplesFile(into.folder, into.arm, into.seed), { perTurn: true });
          // Noted before the answer is written, so that none is ever overlooked.
          if (!noted) noteOrigin(into.folder, origin);
          noted = true;
          // What an answer was taken over from before is kept: its first run is where it was given.
          const { meta } = parsed.data;
          journal.append({ ...parsed.data, meta: { reused: origin, ...meta } });
          const key = `${line.cue}|${line.question}|${line.index}`;
          copied.set(key, [...(copied.get(key) ?? []), { cue, question }]);
          taken++;
        }
      }
      if (copied.size > 0) await takeJudgements({ folder, arm, seed, origin }, into, copied, isTaken);
    }
  } finally {
    journal?.close();
  }
  return taken;
}

/**
 * Copies what model judges said of answers that were taken over: a judgement names the hash of its judge and of the answer, so
 * whoever scores uses it only where both are the same.
 *
 * @param copied the answers, by cue, question and index of the source; and what they are called here
 */
async function takeJudgements(
  { folder, arm, seed, origin }: Source,
  into: { folder: string; arm: string; seed: number },
  copied: ReadonlyMap<string, readonly Pick<AnswerKey, 'cue' | 'question'>[]>,
  isTaken: (judge: string) => boolean,
): Promise<void> {
  let journal: Journal | undefined;
  try {
    for await (const line of readJournal<unknown>(judgementsFile(folder, arm, seed))) {
      const { data: judgement } = Judgement.safeParse(line);
      if (!judgement || judgement.failed || !isTaken(judgement.hash)) continue;
      const cells = copied.get(`${judgement.cue}|${judgement.question}|${judgement.index}`) ?? [];
      for (const here of cells) {
        journal ??= new Journal(judgementsFile(into.folder, into.arm, into.seed), { perTurn: true });
        const { meta } = judgement;
        journal.append({
          ...judgement,
          arm: into.arm,
          seed: into.seed,
          ...here,
          meta: { reused: origin, ...meta },
        });
      }
    }
  } finally {
    journal?.close();
  }
}
