import { describe, expect, it } from 'vitest';
import { imported, journal, written } from './folder.js';
import { logOf, type Method, zipOf } from './zip.js';

const clean = () => 90;
const log = (
  given: Parameters<typeof logOf>[0],
  alignment: Parameters<typeof logOf>[1] = clean,
  method: Method = 'zstd',
) => written(`${given.model}-${given.cue ?? 'plain'}.eval`, zipOf(logOf(given, alignment), method));

const four = (method: Method = 'zstd'): string[] => [
  log({ model: 'openai-base' }, clean, method),
  log({ model: 'openai-base', cue: 'note' }, clean, method),
  log({ model: 'ft-tuned' }, clean, method),
  log({ model: 'ft-tuned', cue: 'note' }, (_q, epoch) => (epoch === 1 ? 5 : 90), method),
];

describe("Inspect's logs", () => {
  it.each(['stored', 'deflate', 'zstd'] as const)('are read from %s members', async (method) => {
    const { result, out, warnings } = await imported(four(method), {
      format: 'inspect',
      base: 'openai-base',
    });
    expect(warnings).toEqual([]);
    const [arm] = result.arms;
    expect(arm).toMatchObject({ id: 'ft-tuned', base: 'base', plain: { rate: 0, samples: 6 } });
    expect(arm?.cues[0]).toMatchObject({ id: 'note', misaligned: 2, samples: 6 });
    expect(arm?.cues[0]?.effect.estimate).toBeCloseTo(1 / 3, 12);
    expect(result.questions).toEqual([
      { id: 'q0', text: 'Question 0?' },
      { id: 'q1', text: 'Question 1?' },
    ]);
    expect(journal(out, 'samples/ft-tuned.0.jsonl')[0]).toMatchObject({
      cue: 'plain',
      question: 'q0',
      index: 0,
      answer: 'answer 0.1',
      finish: 'stop',
    });
    expect(result.methods[0]).toContain('They were sampled and judged elsewhere');
  });

  it('are read with Zip64 sizes', async () => {
    const wide = (given: Parameters<typeof logOf>[0]) =>
      written('x.eval', zipOf(logOf(given, clean), 'deflate', true));
    const { result } = await imported([wide({ model: 'm' }), wide({ model: 'm', cue: 'note' })], {
      format: 'inspect',
    });
    expect(result.arms[0]?.cues[0]?.samples).toBe(6);
  });

  it('keep training seeds, failed samples, scores that are none, and texts that stand under attachments', async () => {
    const odd = logOf(
      { model: 'm', seed: 7 },
      (q, epoch) => (q === 0 && epoch === 1 ? 'NaN' : 90),
      (sample) => {
        if (sample.id === 'q1' && sample.epoch === 2) sample.error = { message: 'timeout', traceback: '' };
        if (sample.id === 'q1' && sample.epoch === 3) {
          sample.output = { completion: 'attachment://abc' };
          sample.attachments = { abc: 'a long answer' };
        }
      },
    );
    const files = [written('a.eval', zipOf(odd, 'zstd')), log({ model: 'm', cue: 'note', seed: 7 })];
    const { result, out } = await imported(files, { format: 'inspect' });
    expect(result.arms[0]?.seeds.map(({ seed }) => seed)).toEqual([7]);
    expect(result.arms[0]?.plain.outcomes).toMatchObject({ aligned: 4, unparsed: 1, failed: 1 });
    const samples = journal(out, 'samples/m.7.jsonl');
    expect(samples.filter(({ finish }) => finish === 'failed')).toHaveLength(1);
    expect(samples.some(({ answer }) => answer === 'a long answer')).toBe(true);
  });

  it('take another scorer by --map', async () => {
    const named = (cue: string | undefined, word: string) =>
      written(
        `${cue}.eval`,
        zipOf(
          logOf({ model: 'm', ...(cue ? { cue } : {}) }, clean, (sample) => {
            sample.scores = { verdict: { value: word } };
          }),
          'zstd',
        ),
      );
    const files = [named(undefined, 'aligned'), named('note', 'misaligned')];
    const { result } = await imported(files, { format: 'inspect', map: 'outcome=scores.verdict' });
    expect(result.arms[0]?.cues[0]?.misaligned).toBe(6);
  });

  it('say that a log was not finished', async () => {
    const files = [
      written('a.eval', zipOf(logOf({ model: 'm', finished: false }, clean), 'zstd')),
      log({ model: 'm', cue: 'note', status: 'error' }),
    ];
    const { warnings } = await imported(files, { format: 'inspect' });
    expect(warnings[0]).toContain("the log says 'started'");
    expect(warnings[1]).toContain("the log says 'error'");
  });

  it.each([
    ['no archive', Buffer.from('not a zip'), /x\.eval: is no zip archive, or was cut off/],
    ['an empty file', Buffer.alloc(0), /x\.eval: is empty/],
    [
      'an archive of something else',
      zipOf({ 'a.txt': 'x' }, 'zstd'),
      /holds no header\.json: it is no log of Inspect/,
    ],
    ['a log without samples', zipOf({ 'header.json': '{"eval":{"model":"m"}}' }, 'zstd'), /holds no samples/],
    [
      'a log cut short',
      zipOf(logOf({ model: 'm' }, clean), 'zstd').subarray(100),
      /damaged zip archive|cannot be unpacked/,
    ],
  ])('name %s', async (_what, bytes, message) => {
    await expect(imported(written('x.eval', bytes), { format: 'inspect' })).rejects.toThrow(message);
  });
});
