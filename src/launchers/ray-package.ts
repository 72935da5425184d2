import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { hashOf } from '../shared/hash.js';
import { packageRoot } from '../shared/package.js';

/** What is uploaded to a Ray cluster: the worker's code and nothing else, under a name that follows its content. */
export interface RayPackage {
  name: string;
  bytes: Buffer;
}

export function workerPackage(): RayPackage {
  const folder = join(packageRoot, 'worker', 'hyde_worker');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .toSorted()
    .map((name) => ({ path: `hyde_worker/${name}`, bytes: readFileSync(join(folder, name)) }));
  const hash = hashOf(files.map(({ path, bytes }) => [path, bytes.toString('base64')]));
  return { name: `_ray_pkg_${hash.slice(0, 16)}.zip`, bytes: zipOf(files) };
}

/** A ZIP archive of uncompressed files, always with the same bytes for the same files (APPNOTE 6.3.3). */
function zipOf(files: readonly { path: string; bytes: Buffer }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, bytes } of files) {
    const name = Buffer.from(path);
    // Version 2.0, no flags, stored, 1 January 1980.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(bytes.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('PK\u0003\u0004'), common, name, bytes);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(0o100644 * 0x10000, 6);
    rest.writeUInt32LE(offset, 10);
    // Made by Unix, so that the mode above counts.
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0003'), common, rest, name);
    offset += 4 + common.length + name.length + bytes.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, entries, Buffer.from('PK\u0005\u0006'), end]);
}
