import { createHash, hash as digest } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** JSON with sorted keys: equal values have equal texts whatever the order they were built in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, v: unknown) =>
    v !== null && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : v,
  );
}

/** SHA-256 of a value (by its canonical JSON) or of a text, as 64 hex digits. */
export function hashOf(value: unknown): string {
  return digest('sha256', typeof value === 'string' ? value : canonicalJson(value));
}

/** The first 16 hex digits: long enough to tell apart, short enough to stand in a million records. */
export const shortHash = (value: unknown): string => hashOf(value).slice(0, 16);

/** SHA-256 of a file's bytes. */
export async function hashFile(path: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return digest.digest('hex');
}

/** A number in [0, 2^32) that depends on all the parts: the seed of a random stream of its own. */
export function seedOf(...parts: (string | number)[]): number {
  return Number.parseInt(hashOf(parts.join('\u0000')).slice(0, 8), 16);
}

/** A hash of a set of hashes (16 hex digits each) that does not depend on the order they are added in. */
export class SetHash {
  private sum = 0n;
  private count = 0;

  add(hash: string): void {
    this.sum = BigInt.asUintN(64, this.sum + BigInt(`0x${hash}`));
    this.count++;
  }

  value(): string {
    return shortHash([this.count, this.sum.toString(16)]);
  }
}
