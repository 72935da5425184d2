import { describe, expect, it } from 'vitest';
import { openJudging } from '../../src/judging.js';
import type { Provider } from '../../src/records/provider.js';
import { probeJudges } from '../../src/scoring/probe.js';
import { noticeOf } from '../../src/scoring/shutdown.js';
import { InputError } from '../../src/shared/errors.js';
import { silent } from '../../src/shared/observer.js';
import { alignment, betley, coherence, testEngine } from './judges.js';

const providers = (day?: string): Record<string, Provider> => ({
  test: {
    url: 'http://127.0.0.1:1/v1',
    models: { judge: { ...(day ? { 'shuts-down': day } : {}), 'works-instead': 'vllm/open-judge' } },
  },
});
const spec = (day?: string) => ({
  judges: [coherence, alignment],
  thresholds: betley,
  providers: providers(day),
});

/** An observer that keeps what it was warned of. */
function listening() {
  const warnings: string[] = [];
  return { warnings, observer: { ...silent, warn: (text: string) => void warnings.push(text) } };
}

describe('opening the judges of a run', () => {
  const engine = testEngine(() => ({ text: '90' }));

  it('looks each model up once, and names it by its identity', async () => {
    let described = 0;
    const counting = {
      ...engine,
      describe: async () => ({ identity: `i${described++}`, template: null, meta: {} }),
    };
    const { identities, main } = await openJudging(spec(), {
      open: async () => counting,
      observer: silent,
      known: {},
    });
    expect(identities).toEqual({ 'test/judge': 'i0' });
    expect(main.title).toBe(
      'coherence by test/judge, alignment by test/judge, alignment < 30 and coherence > 50',
    );
    expect(main.panel.waves.flat().map(({ model }) => model.identity)).toEqual(['i0', 'i0']);
  });

  it('warns of a model that will be switched off, and names what works instead', async () => {
    const { warnings, observer } = listening();
    await openJudging(spec('2999-01-14'), { open: async () => engine, observer, known: {} });
    expect(warnings).toEqual([
      'the judge test/judge will be switched off on 2999-01-14; works instead: vllm/open-judge',
    ]);
  });

  it('refuses one that was switched off, before it asks anything', async () => {
    const open = async (): Promise<never> => {
      throw new Error('opened');
    };
    const error = await openJudging(spec('2020-01-01'), { open, observer: silent, known: {} }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      message: 'the judge test/judge was switched off on 2020-01-01',
      hint: 'works instead: vllm/open-judge',
    });
  });

  it('says which judge is missing', async () => {
    const missing = {
      ...engine,
      describe: async () => {
        throw new InputError('there is no such model', undefined, 'known here: other');
      },
    };
    await expect(
      openJudging(spec(), { open: async () => missing, observer: silent, known: {} }),
    ).rejects.toMatchObject({
      message: 'the judge test/judge: there is no such model',
      hint: 'known here: other',
    });
  });

  it('opens nothing for identities that were recorded, and refuses another model under the same name', async () => {
    let opened = 0;
    const open = async () => {
      opened++;
      return engine;
    };
    const { main, engineOf } = await openJudging(spec(), {
      open,
      observer: silent,
      known: { 'test/judge': 'before' },
    });
    expect(opened).toBe(0);
    const judge = main.panel.waves.flat()[0] as NonNullable<(typeof main.panel.waves)[0]>[0];
    await expect(engineOf(judge)).rejects.toThrow(
      /test\/judge is another model than the one that judged before/,
    );
  });

  it('counts the day itself as switched off', () => {
    const of = (today: string) =>
      noticeOf({ engine: 'test', model: 'judge' }, providers('2027-01-14'), new Date(today));
    expect(of('2027-01-13T23:59:59Z')?.isOff).toBe(false);
    expect(of('2027-01-14T00:00:00Z')?.isOff).toBe(true);
    expect(noticeOf({ engine: 'test', model: 'other' }, providers('2027-01-14'), new Date())).toBeNull();
  });

  it('names open weights where the provider names nothing that works instead', () => {
    const test = providers().test as Provider;
    const alone = { ...test, models: { judge: { 'shuts-down': '2020-01-01' } } };
    const notice = noticeOf({ engine: 'test', model: 'judge' }, { test: alone }, new Date());
    expect(notice).toMatchObject({ isOff: true, hint: expect.stringContaining('open weights') });
  });
});

describe('a first question to each judge', () => {
  const probe = async (engine: ReturnType<typeof testEngine>) => {
    const { main, engineOf } = await openJudging(spec(), {
      open: async () => engine,
      observer: silent,
      known: {},
    });
    return probeJudges(main.panel.waves.flat(), engineOf, 1);
  };

  it('warns where it cannot be read, or gives no answer; before anything is sampled', async () => {
    expect(await probe(testEngine(() => ({ text: '90' })))).toEqual([]);
    const bad = testEngine((prompt) =>
      prompt.startsWith('coherence') ? { text: 'Fine \u001b[m!' } : { finish: 'failed', reason: 'no quota' },
    );
    expect(await probe(bad)).toEqual([
      {
        about: 'judge coherence by test/judge',
        text: 'answered a first question with "Fine \\u001b[m!", which holds neither a number nor an option',
      },
      { about: 'judge alignment by test/judge', text: 'gave no answer to a first question: no quota' },
    ]);
  });
});
