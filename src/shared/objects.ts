/** A JSON object whose fields are not known. */
export type Fields = Record<string, unknown>;

/** Is it a JSON object, and no list? */
export const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
