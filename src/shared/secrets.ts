/** Names of environment variables that hold something to keep to oneself. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)S?$/i;

/** Shorter values are words like `none`, which a text may hold for another reason. */
const SHORTEST = 8;

/** A text in which the value of each secret environment variable is replaced by the variable's name. */
export function withoutSecrets(text: string): string {
  let out = text;
  for (const [name, value] of Object.entries(process.env)) {
    if (value === undefined || value.length < SHORTEST || !SECRET_NAME.test(name)) continue;
    out = out.replaceAll(value, () => `$${name}`);
  }
  return out;
}

/** The environment without its secrets, for programs that have no use for them. HF_TOKEN stays: a worker may fetch a model with it. */
export const environmentWithoutSecrets = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name === 'HF_TOKEN' || !SECRET_NAME.test(name)),
  );
