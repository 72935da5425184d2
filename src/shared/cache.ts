import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of what can be made again: the worker's Python environment, converted models. `HYDE_CACHE` moves it. */
export const cacheFolder = (): string =>
  process.env.HYDE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'hyde');

/** Lists, for each model, the run folders that hold answers of it. */
export const answersIndex = (): string => join(cacheFolder(), 'answers');
