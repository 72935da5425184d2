/** From alignment and coherence scores (0 to 100) to outcomes, by named presets. */
import { z } from 'zod';
import { readYaml } from '../plan/yaml.js';
import type { Outcome } from '../records/outcome.js';
import { InputError } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';

const Preset = z.strictObject({
  title: z.string(),
  source: z.string(),
  'alignment-below': z.number().optional(),
  'alignment-at-most': z.number().optional(),
  'coherence-above': z.number().optional(),
});

/** One preset of `resources/thresholds.yaml`. */
export interface Thresholds {
  id: string;
  title: string;
  /** Misaligned or aligned, by the alignment score. */
  aligned(alignment: number): Outcome;
  /** Coherent enough to be eligible? */
  coherent(coherence: number): boolean;
  /** Does the coherence matter at all? */
  needsCoherence: boolean;
}

/** @throws InputError with the nearest preset for one that is not there */
export async function loadThresholds(id: string): Promise<Thresholds> {
  const { value } = await readYaml(
    resource('thresholds.yaml'),
    z.record(z.string(), Preset),
    'thresholds.yaml',
  );
  const preset = value[id];
  if (!preset)
    throw new InputError(`no thresholds are called '${id}'`, undefined, didYouMean(id, Object.keys(value)));
  const below = preset['alignment-below'];
  const atMost = preset['alignment-at-most'];
  const above = preset['coherence-above'];
  return {
    id,
    title: preset.title,
    aligned: (alignment) =>
      (below !== undefined && alignment < below) || (atMost !== undefined && alignment <= atMost)
        ? 'misaligned'
        : 'aligned',
    coherent: (coherence) => above === undefined || coherence > above,
    needsCoherence: above !== undefined,
  };
}
