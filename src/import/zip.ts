/**
 * Reads the members of a zip archive by its central directory: stored, deflated, or compressed with Zstandard (method
 * 93), with Zip64 sizes. Node decompresses all three. Source: PKWARE's APPNOTE.TXT, sections 4.3 to 4.5.
 */
import { closeSync } from 'node:fs';
import { inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { InputError } from '../shared/errors.js';
import { openForRead, readAt } from './open.js';

/** A member that unpacks to more than this is refused: 1 GB. */
const MAX_MEMBER = 2 ** 30;

interface Member {
  name: string;
  method: number;
  packed: number;
  /** Offset of the local header. */
  at: number;
}

export interface Zip {
  /** In the order of the archive; of a name that was written twice, the later one. */
  names: readonly string[];
  /** Unpacks a member; undefined where there is none of this name. */
  read(name: string): Buffer | undefined;
  close(): void;
}

/** @throws InputError where it is no zip archive or is damaged */
export function openZip(path: string, shownAs: string): Zip {
  const { file, size } = openForRead(path, shownAs);
  const broken = (what: string): InputError => new InputError(what, { file: shownAs });
  const members = new Map<string, Member>();
  try {
    if (size === 0) throw broken('is empty');
    for (const member of directoryOf(file, size, broken)) members.set(member.name, member);
  } catch (error) {
    closeSync(file);
    throw error instanceof RangeError ? broken('is a damaged zip archive') : error;
  }
  return {
    names: [...members.keys()],
    read(name) {
      const member = members.get(name);
      if (!member) return undefined;
      const header = readAt(file, member.at, 30);
      if (header.length < 30 || header.readUInt32LE(0) !== 0x04034b50)
        throw broken(`is a damaged zip archive ('${name}')`);
      const start = member.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
      const packed = readAt(file, start, member.packed);
      try {
        if (member.method === 0) return packed;
        if (member.method === 8) return inflateRawSync(packed, { maxOutputLength: MAX_MEMBER });
        if (member.method === 93) return zstdDecompressSync(packed, { maxOutputLength: MAX_MEMBER });
      } catch {
        throw broken(`'${name}' in it cannot be unpacked: damaged, or over 1 GB`);
      }
      throw broken(`'${name}' in it is compressed by a method that hyde does not read (${member.method})`);
    },
    close: () => closeSync(file),
  };
}

function directoryOf(file: number, size: number, broken: (what: string) => InputError): Member[] {
  const tail = readAt(file, Math.max(0, size - 65_557), 65_557);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0) throw broken('is no zip archive, or was cut off');
  let length = tail.readUInt32LE(end + 12);
  let from = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x07064b50) {
    const record = readAt(file, Number(tail.readBigUInt64LE(locator + 8)), 56);
    length = Number(record.readBigUInt64LE(40));
    from = Number(record.readBigUInt64LE(48));
  }
  if (from + length > size) throw broken('is a damaged zip archive');
  const directory = readAt(file, from, length);
  const members: Member[] = [];
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const nameEnd = at + 46 + nameLength;
    const member: Member = {
      name: directory.toString('utf8', at + 46, nameEnd),
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      at: directory.readUInt32LE(at + 42),
    };
    if (directory.readUInt16LE(at + 8) & 1) throw broken(`'${member.name}' in it is encrypted`);
    widen(member, directory.readUInt32LE(at + 24), directory.subarray(nameEnd, nameEnd + extraLength));
    members.push(member);
    at = nameEnd + extraLength + directory.readUInt16LE(at + 32);
  }
  return members;
}

/** Zip64: sizes that do not fit 32 bits stand in an extra field, in this order. */
function widen(member: Member, unpacked: number, extra: Buffer): void {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    const take = (): number => {
      next += 8;
      return Number(extra.readBigUInt64LE(next - 8));
    };
    if (unpacked === 0xffffffff) take();
    if (member.packed === 0xffffffff) member.packed = take();
    if (member.at === 0xffffffff) member.at = take();
  }
}
