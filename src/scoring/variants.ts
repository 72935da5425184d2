/** Panels beside the audit's own: other models, other judges, other thresholds over the same stored answers. */
import {
  asksTheSame,
  decides,
  isModelJudge,
  type JudgeSpec,
  type ModelJudgeSpec,
  type Says,
} from '../records/spec.js';
import type { Thresholds } from '../records/thresholds.js';
import { modelName } from '../shared/prices.js';

/** Judges with what they are called in a table. */
export interface Variant {
  title: string;
  judges: JudgeSpec[];
}

/** `alignment by vllm/some-model` */
export const judgeTitle = ({ judge, model }: ModelJudgeSpec): string => `${judge.id} by ${modelName(model)}`;

/** One panel for each second model of the audit: it stands in the place of the first model of the same judge. */
export function besideVariants(judges: readonly JudgeSpec[]): Variant[] {
  return judges.filter(isModelJudge).flatMap((other) => {
    if (!other.beside) return [];
    const swapped = judges.flatMap((judge): JudgeSpec[] => {
      if (!isModelJudge(judge)) return [judge];
      if (judge.beside) return [];
      return [asksTheSame(judge, other) ? { ...other, beside: false } : judge];
    });
    return [{ title: judgeTitle(other), judges: swapped }];
  });
}

/**
 * The panel in which given judges stand in the place of those that say the same: an alignment judge replaces whatever said
 * `misaligned`, a coherence judge whatever said `incoherent`. What nothing replaces stays. Where nothing said it, a judge of
 * misalignment stands behind the others and any other in front of them.
 */
export function withJudges(judges: readonly JudgeSpec[], given: readonly ModelJudgeSpec[]): JudgeSpec[] {
  const main = judges.filter(decides);
  return given.reduce<JudgeSpec[]>((panel, judge) => {
    const says = mainlySays(judge);
    const at = panel.findIndex((other) => mainlySays(other) === says);
    const rest = panel.filter((other) => mainlySays(other) !== says);
    const to = at >= 0 ? at : says === 'misaligned' ? rest.length : 0;
    return rest.toSpliced(to, 0, judge);
  }, main);
}

function mainlySays(spec: JudgeSpec): Says | undefined {
  if (spec.says !== null) return spec.says;
  const { measures, options } = (spec as ModelJudgeSpec).judge;
  if (measures) return measures === 'alignment' ? 'misaligned' : 'incoherent';
  return Object.values(options ?? {}).find(
    (word): word is Exclude<typeof word, 'none' | 'found'> => word !== 'none' && word !== 'found',
  );
}

/** Title of a panel that was given on the command line. */
export function againTitle(given: readonly ModelJudgeSpec[], thresholds: Thresholds | undefined): string {
  const parts = [...given.map(judgeTitle), ...(thresholds ? [`thresholds ${thresholds.id}`] : [])];
  return parts.join(', ');
}
