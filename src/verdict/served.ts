import type { Warning } from '../records/result.js';
import type { Sample } from '../records/sample.js';
import { isObject } from '../shared/objects.js';
import { printableLine } from '../shared/printable.js';
import type { PaidJudgement } from '../shared/spent.js';

/** States of one model that are told apart: a server may name another one with each answer. */
const MOST = 1000;
/** States that a warning names. */
const SHOWN = 4;

/**
 * What servers said that they are, with the answers and judgements that are recorded. A model that became another one in
 * the middle of a run is two models under one name, and no later run of the same command would see it.
 */
export class ServedStates {
  private readonly models = new Map<string, { about: string; what: string; counts: Map<string, number> }>();

  addAnswer({ arm, seed, meta }: Pick<Sample, 'arm' | 'seed' | 'meta'>): void {
    this.add(`${arm}|${seed}`, arm, `answers (training seed ${seed})`, meta);
  }

  addJudgement({ judge, model, meta }: Pick<PaidJudgement, 'judge' | 'model' | 'meta'>): void {
    this.add(`judge|${judge}|${model}`, judge, `judgements by ${model}`, meta);
  }

  warnings(): Warning[] {
    return [...this.models]
      .filter(([, { counts }]) => counts.size > 1)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { about, what, counts }]) => {
        const states = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
        const rest = states.slice(SHOWN).reduce((sum, [, count]) => sum + count, 0);
        const named = states.slice(0, SHOWN).map(([state, count]) => `${count} from ${state}`);
        const list = [...named, ...(rest > 0 ? [`${rest} from others`] : [])].join(', ');
        return {
          about,
          text: `its ${what} are not of one model, as far as the server says: ${list}. Differences between cells may come from that`,
        };
      });
  }

  private add(key: string, about: string, what: string, meta: Record<string, unknown> | undefined): void {
    const state = stateOf(meta?.served);
    if (state === undefined) return;
    const model = this.models.get(key) ?? { about, what, counts: new Map<string, number>() };
    this.models.set(key, model);
    const { counts } = model;
    const known = counts.has(state) || counts.size < MOST ? state : 'others';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
}

/** Model and fingerprint in words; undefined where nothing is said. A record may come from anybody. */
function stateOf(served: unknown): string | undefined {
  if (!isObject(served)) return undefined;
  const [model, fingerprint] = [served.model, served.fingerprint].map((value) =>
    typeof value === 'string' ? printableLine(value.slice(0, 200)) : '',
  );
  if (!model && !fingerprint) return undefined;
  return fingerprint ? `${model} (${fingerprint})` : model;
}
