import type { Engine } from '../records/model.js';
import { stopIfAborted } from '../shared/interrupted.js';
import { type AskContext, ask, type Item } from './ask.js';
import { forEachJudge } from './each.js';
import type { ModelJudge } from './outcome.js';
import type { JudgePanel } from './panel.js';

export interface WavesContext extends AskContext {
  signal?: AbortSignal | undefined;
}

/**
 * Asks each judge of a panel, wave by wave, about the answers that still depend on it.
 *
 * @param judged called for each judgement
 */
export async function askInWaves(
  items: readonly Item[],
  panel: JudgePanel,
  engineOf: (judge: ModelJudge) => Engine,
  context: WavesContext,
  judged: () => void,
): Promise<void> {
  for (const wave of panel.waves) {
    stopIfAborted(context.signal);
    await forEachJudge(wave, engineOf, async (judge, engine) => {
      const open = items.filter(
        ({ sample, readings }) => !readings.has(judge.hash) && panel.needs(judge, sample, readings),
      );
      await ask(judge, engine, open, context, judged);
    });
  }
}
