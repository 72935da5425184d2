import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../shared/errors.js';
import { resource } from '../shared/package.js';
import { filled, quoted } from './recipe-text.js';
import { writeStart } from './recipes.js';

/**
 * Writes an audit of a served model against a served base: no Python, no training data.
 *
 * @throws InputError for what is missing or no address; what looks like a key is not repeated
 */
export function writeServed(folder: string, options: Record<string, unknown>): number {
  const { url, base, model, keyEnv, judge } = checked(options);
  const audit = join(folder, 'audit.yaml');
  const key = keyEnv === undefined ? '# key: MY_SERVER_KEY' : `key: ${keyEnv}`;
  const values: Record<string, string> = {
    file: audit,
    url: quoted(url),
    base: quoted(`served/${base}`),
    model: quoted(`served/${model}`),
    'base-name': quoted(base),
    'model-name': quoted(model),
    key,
    judge: quoted(judge ?? `served/${base}`),
    'judge-who': judge === undefined ? 'the base itself' : 'the one that was named',
  };
  const text = filled(readFileSync(resource('served.yaml'), 'utf8'), values);
  const schema = { to: join(folder, 'audit.schema.json'), from: resource('audit.schema.json') };
  return writeStart(audit, text, [schema], options);
}

function checked(options: Record<string, unknown>): {
  url: string;
  base: string;
  model: string;
  keyEnv: string | undefined;
  judge: string | undefined;
} {
  const example = 'hyde init --served http://127.0.0.1:8000/v1 --base NAME --model NAME';
  const [served, base, model] = ['served', 'base', 'model'].map((name) => {
    const value = options[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    throw new InputError(`--${name} is missing`, undefined, example);
  }) as [string, string, string];
  if (base === model) {
    throw new InputError(
      '--base and --model are one and the same model',
      undefined,
      'the base is the model before fine-tuning; what both do alike is no effect of the tuning',
    );
  }
  const url = URL.canParse(served) ? new URL(served) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InputError('--served is no http or https address', undefined, example);
  }
  if (url.username || url.password || url.search) {
    throw new InputError(
      '--served holds a user, a password or a query',
      undefined,
      'name the variable that holds the key with --key-env; keys stay in the environment',
    );
  }
  const keyEnv = options.keyEnv as string | undefined;
  if (keyEnv !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(keyEnv)) {
    throw new InputError(
      '--key-env is no name of an environment variable',
      undefined,
      'give the name of the variable, never the key itself: --key-env OPENAI_API_KEY',
    );
  }
  const judge = options.judge as string | undefined;
  if (judge !== undefined && !/^[a-z0-9-]+\/\S/.test(judge)) {
    throw new InputError(
      '--judge is no engine/model',
      undefined,
      'served/NAME for a model of the same server, or PROVIDER/NAME, e.g. openrouter/meta-llama/llama-3.3-70b-instruct',
    );
  }
  return { url: served.replace(/\/+$/, ''), base, model, keyEnv, judge };
}
