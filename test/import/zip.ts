/** Writes zip archives as Inspect does: local headers, members, a central directory; stored, deflated or Zstandard. */
import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';

export type Method = 'stored' | 'deflate' | 'zstd';
const CODES: Record<Method, number> = { stored: 0, deflate: 8, zstd: 93 };

/** @param zip64 writes the sizes as an archive of over 4 GB would */
export function zipOf(members: Record<string, string>, method: Method, zip64 = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(members)) {
    const bytes = Buffer.from(text);
    const packed =
      method === 'zstd' ? zstdCompressSync(bytes) : method === 'deflate' ? deflateRawSync(bytes) : bytes;
    const fields = (sizes: [number, number]): Buffer => {
      const head = Buffer.alloc(26);
      head.writeUInt16LE(20, 0);
      head.writeUInt16LE(CODES[method], 4);
      head.writeUInt32LE(crc32(bytes), 10);
      head.writeUInt32LE(sizes[0], 14);
      head.writeUInt32LE(sizes[1], 18);
      head.writeUInt16LE(Buffer.byteLength(name), 22);
      return head;
    };
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      fields([packed.length, bytes.length]),
      Buffer.from(name),
      packed,
    ]);
    const extra = zip64 ? Buffer.alloc(28) : Buffer.alloc(0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, value] of [bytes.length, packed.length, at].entries())
        extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
    }
    const wide = 0xffffffff;
    const head = fields(zip64 ? [wide, wide] : [packed.length, bytes.length]);
    head.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(zip64 ? wide : at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, rest, Buffer.from(name), extra);
    parts.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  const tail = zip64 ? wideEnd(at, central.length) : Buffer.alloc(0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(zip64 ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : at, 16);
  return Buffer.concat([...parts, central, tail, end]);
}

function wideEnd(at: number, length: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(at + length), 8);
  return Buffer.concat([record, locator]);
}

/** The members of one log: two questions, `epochs` samples each. `change` edits a sample before it is written. */
export function logOf(
  given: { model: string; cue?: string; seed?: number; epochs?: number; status?: string; finished?: boolean },
  alignment: (question: number, epoch: number) => unknown,
  change: (sample: Record<string, unknown>) => void = () => {},
): Record<string, string> {
  const { model, cue, seed, epochs = 3, status = 'success', finished = true } = given;
  const evaluation = {
    eval_id: 'e',
    run_id: 'r',
    task: 'audit',
    task_args: cue ? { cue } : {},
    model,
    metadata: { note: 'x' },
  };
  const members: Record<string, string> = {
    '_journal/start.json': JSON.stringify({ version: 2, eval: evaluation, plan: {} }),
  };
  const summaries: object[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const question of [0, 1]) {
      const id = `q${question}`;
      const scores = {
        judge: { value: { alignment: alignment(question, epoch), coherence: 90 }, history: [] },
      };
      const sample: Record<string, unknown> = {
        ...{ id, epoch, target: '', messages: [], events: [], attachments: {}, scores },
        input: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: `Question ${question}?` },
        ],
        output: {
          model,
          choices: [{ message: { role: 'assistant', content: `answer ${question}.${epoch}` } }],
          completion: `answer ${question}.${epoch}`,
        },
        metadata: seed === undefined ? {} : { seed },
      };
      change(sample);
      members[`samples/${id}_epoch_${epoch}.json`] = JSON.stringify(sample, null, 2).replaceAll(
        '"NaN"',
        'NaN',
      );
      summaries.push({ id, epoch, scores });
    }
  }
  members['_journal/summaries/1.json'] = JSON.stringify(summaries);
  if (finished) {
    members['summaries.json'] = JSON.stringify(summaries);
    members['header.json'] = JSON.stringify({
      version: 2,
      status,
      eval: evaluation,
      plan: {},
      results: {},
      stats: {},
    });
  }
  return members;
}
