import { cpus } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../shared/cache.js';
import { readJson, writeJson } from '../../shared/files.js';

/** Tokens per second of this machine, as the last runs measured them. */
export interface MeasuredRates {
  train?: number;
  sample?: number;
}

const file = (): string => join(cacheFolder(), 'rates.json');

/** Measured with the embedded model on 2 cores, in a quiet hour and a bad one: 115 to 330, and 250 to 720. */
const TYPICAL = { train: 200, sample: 350 };

/** The rates to plan with: measured on this machine for this model, or typical ones scaled by its cores. */
export function expectedRates(model: string): { train: number; sample: number; measured: boolean } {
  const known = measured()[model];
  const scale = Math.max(1, cpus().length / 2);
  return {
    train: known?.train ?? TYPICAL.train * scale,
    sample: known?.sample ?? TYPICAL.sample * scale,
    measured: known?.train !== undefined && known.sample !== undefined,
  };
}

/** What stands in the cache; a damaged file is no rates at all. */
function measured(): Record<string, MeasuredRates> {
  try {
    const all = readJson<Record<string, Record<string, unknown>>>(file()) ?? {};
    return Object.fromEntries(Object.entries(all).map(([model, rates]) => [model, sane(rates)]));
  } catch {
    return {};
  }
}

const sane = (rates: Record<string, unknown> | MeasuredRates): MeasuredRates =>
  Object.fromEntries(
    Object.entries(rates ?? {}).filter(
      ([, rate]) => typeof rate === 'number' && Number.isFinite(rate) && rate > 0,
    ),
  );

/** Remembers what a run measured; a failure to write it loses nothing but a better guess. */
export function rememberRates(model: string, rates: MeasuredRates): void {
  try {
    const all = measured();
    writeJson(file(), { ...all, [model]: { ...all[model], ...sane(rates) } });
  } catch {
    // The next plan uses typical rates.
  }
}
