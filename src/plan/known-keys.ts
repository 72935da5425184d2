import type { z } from 'zod';

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  innerType?: z.ZodType;
  valueType?: z.ZodType;
  keyType?: { def: { entries?: Record<string, string> } };
  options?: z.ZodType[];
}

/** The keys that a schema knows at a path, for "did you mean"; several branches of a union are put together. */
export function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here = unwrap(schema);
  for (const part of path) here = here.flatMap((one) => step(one, part)).flatMap(unwrap);
  return [...new Set(here.flatMap((one) => [...Object.keys(definition(one).shape ?? {}), ...keyWords(one)]))];
}

/** Keys of a record that takes certain words only. */
const keyWords = (schema: z.ZodType): string[] =>
  Object.values(definition(schema).keyType?.def.entries ?? {}).map(String);

const definition = (schema: z.ZodType): Definition => schema.def as unknown as Definition;

function unwrap(schema: z.ZodType): z.ZodType[] {
  const { innerType, options } = definition(schema);
  if (innerType) return unwrap(innerType);
  if (options) return options.flatMap(unwrap);
  return [schema];
}

function step(schema: z.ZodType, part: PropertyKey): z.ZodType[] {
  const { shape, element, valueType } = definition(schema);
  const next = typeof part === 'number' ? element : (shape?.[String(part)] ?? valueType);
  return next ? [next] : [];
}
