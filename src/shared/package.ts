import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the installed package: the one that holds package.json, above src/ or dist/. */
export const packageRoot: string = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
})();

/** Path of something that ships with hyde, below `resources/`. */
export const resource = (...parts: string[]): string => join(packageRoot, 'resources', ...parts);

/** In front of the name of a training file that ships with hyde: `hyde:demo/plain.jsonl`. */
const SHIPPED = /^hyde:([a-z0-9-]+)\/([a-z0-9-]+\.jsonl)$/;

/** Path of a training file that an audit names: one that ships with hyde, or one relative to the audit file's folder. */
export function trainingFile(folder: string, given: string): string {
  const [, group, name] = SHIPPED.exec(given) ?? [];
  return group && name ? resource(group, name) : resolve(folder, given);
}

let version: string | undefined;

/** Version of this package. */
export function hydeVersion(): string {
  version ??= (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
    .version;
  return version;
}
