import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Model } from '../../../src/records/model.js';
import type { Provider } from '../../../src/records/provider.js';
import { answersOf, ask, model, openFor, parameters } from './open.js';
import { type Behaviour, choice, completion, echo, misbehave, sendJson, TestServer } from './server.js';
import { type Card, vllm } from './vllm.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const each of open.splice(0)) await each.close();
});

/** One engine for several servers. */
async function against(
  behaviours: Behaviour[],
  ...more: Parameters<typeof openFor> extends [unknown, ...infer R] ? R : never
) {
  const servers = await Promise.all(behaviours.map((behave) => TestServer.open(behave)));
  open.push(...servers);
  const opened = openFor(
    servers.map(({ url }) => url),
    ...more,
  );
  open.unshift(opened.engine);
  const at = servers.map(({ url }) => new URL(url).host);
  return { servers, at, ...opened };
}

/** Echo after some milliseconds; counts the requests that it works on. */
function slow(milliseconds: number): { behave: Behaviour; most(): number } {
  let [now, most] = [0, 0];
  const behave = misbehave((_seen, response) => {
    most = Math.max(most, ++now);
    setTimeout(() => {
      now--;
      sendJson(response, 200, completion([choice('hi')]));
    }, milliseconds);
    return true;
  });
  return { behave, most: () => most };
}

/** A server that hangs up on every request while it is dead. */
function mortal(behave: Behaviour = echo): { behave: Behaviour; dead: boolean; onChat(count: number): void } {
  const one = {
    dead: false,
    onChat(_count: number) {},
    behave: ((seen, response) => {
      if (seen.path.endsWith('/chat/completions')) one.onChat(seen.number);
      if (one.dead) response.socket?.resetAndDestroy();
      else behave(seen, response);
    }) as Behaviour,
  };
  return one;
}

const keys = (answers: { id: string; index: number; finish: string }[]): string[] =>
  answers.map(({ id, index, finish }) => `${id}${index} ${finish}`);

describe('several addresses of one provider', () => {
  it('share the requests by the room that each has, and every answer comes once', async () => {
    // The second one is busy with what it has until the first one was asked for the most.
    const held: (() => void)[] = [];
    let [first, second, secondMeanwhile] = [0, 0, 0];
    const good = completion([choice('hi')]);
    const quick = misbehave((_seen, response) => {
      sendJson(response, 200, good);
      if (++first === 200) {
        secondMeanwhile = second;
        for (const answer of held.splice(0)) answer();
      }
      return true;
    });
    const busy = misbehave((_seen, response) => {
      second++;
      const answer = (): void => sendJson(response, 200, good);
      if (first < 200) held.push(answer);
      else answer();
      return true;
    });
    // What the test holds up must not be a time-out of its fast clock.
    const limits = { headers: 1e7, idle: 1e7, whole: 1e7 };
    const { engine } = await against([quick, busy], {}, { maxConnections: 10, limits });
    const answers = await answersOf(engine, [ask('a', 300)]);
    expect(new Set(keys(answers)).size).toBe(300);
    expect(first + second).toBe(300);
    // The limit holds for each of them.
    expect(secondMeanwhile).toBe(10);
  });

  it('have windows of their own: one that refuses does not slow the other down', async () => {
    let now = 0;
    const small = misbehave((_seen, response) => {
      if (now >= 2) {
        sendJson(response, 429, { error: { message: 'full' } });
        return true;
      }
      now++;
      setTimeout(() => {
        now--;
        sendJson(response, 200, completion([choice('hi')]));
      }, 5);
      return true;
    });
    const large = slow(5);
    const { engine } = await against([small, large.behave], {}, { maxConnections: 20 });
    const answers = await answersOf(engine, [ask('a', 400)]);
    expect(answers.every(({ finish }) => finish === 'stop')).toBe(true);
    expect(large.most()).toBe(20);
  });

  it('get the key, all of them, and nobody else does', async () => {
    vi.stubEnv('HYDE_FLEET_KEY', 'sk-fleet-0123456789');
    const stranger = await TestServer.open(echo);
    open.push(stranger);
    const redirects: Behaviour = (_seen, response) =>
      sendJson(response, 307, '', { location: `${stranger.url}/chat/completions` });
    const both = [slow(2).behave, slow(2).behave];
    const { engine, servers } = await against(both, { key: 'HYDE_FLEET_KEY' }, { maxConnections: 10 });
    await answersOf(engine, [ask('a', 40)]);
    for (const { chats } of servers) {
      expect(chats.length).toBeGreaterThan(0);
      expect(chats.every(({ headers }) => headers.authorization === 'Bearer sk-fleet-0123456789')).toBe(true);
    }
    const turned = await against([echo, redirects], { key: 'HYDE_FLEET_KEY' });
    await expect(turned.engine.describe({ base: 'm', adapter: null })).rejects.toThrow(/no redirect/);
    expect(stranger.seen).toEqual([]);
  });
});

describe('an address that is dead', () => {
  it('at first is left out, said once, and asked when it is there', async () => {
    const [alive, late] = [slow(3), mortal()];
    late.dead = true;
    const { engine, servers, at, said } = await against(
      [alive.behave, late.behave],
      {},
      { maxConnections: 4 },
    );
    await engine.describe({ base: 'm', adapter: null });
    expect(said).toEqual([`test (${at[1]}) does not answer; it is left out until it does`]);
    const calls = answersOf(engine, [ask('a', 400)]);
    setTimeout(() => {
      late.dead = false;
    }, 100);
    expect(new Set(keys(await calls)).size).toBe(400);
    expect(servers[1]?.chats.length).toBeGreaterThan(0);
    expect(said.filter((line) => /left out until it answers again/.test(line))).toHaveLength(1);
  });

  it('in the middle loses nothing: the others take its requests, and it comes back', async () => {
    const [first, second] = [mortal(slow(2).behave), slow(2)];
    first.onChat = (count) => {
      if (count !== 50) return;
      first.dead = true;
      setTimeout(() => {
        first.dead = false;
      }, 150);
    };
    const { engine, servers } = await against([first.behave, second.behave], {}, { maxConnections: 10 });
    const answers = await answersOf(engine, [ask('a', 2000)]);
    expect(new Set(keys(answers)).size).toBe(2000);
    expect(answers.every(({ finish }) => finish === 'stop')).toBe(true);
    expect(servers[0]?.chats.length).toBeGreaterThan(100);
    const asked = servers.reduce((sum, { chats }) => sum + chats.length, 0);
    expect(asked).toBeLessThan(2060);
  });

  it('only for its list of models is used where the others have none either', async () => {
    const listless: Behaviour = (seen, response) => {
      if (seen.path.endsWith('/models')) sendJson(response, 500, { error: { message: 'broken' } });
      else echo(seen, response);
    };
    const { engine } = await against([listless, listless], {}, { maxConnections: 4 });
    await engine.describe({ base: 'm', adapter: null });
    expect(new Set(keys(await answersOf(engine, [ask('a', 20)]))).size).toBe(20);
  });

  it('like all others ends the run in one sentence, after a long time', async () => {
    const [first, second] = [mortal(), mortal()];
    const { engine } = await against([first.behave, second.behave], {}, { patience: 30_000 });
    await engine.describe({ base: 'm', adapter: null });
    first.dead = true;
    second.dead = true;
    await expect(answersOf(engine, [ask('a', 100)])).rejects.toThrow(
      /no request was answered for a long time/,
    );
    await expect(engine.describe({ base: 'm', adapter: null })).rejects.toThrow(/connection closed/);
  });
});

describe('a model that differs between addresses', () => {
  const serving =
    (root: () => string): Behaviour =>
    (seen, response) => {
      if (seen.path.endsWith('/models')) sendJson(response, 200, { data: [{ id: 'm', root: root() }] });
      else echo(seen, response);
    };

  it('is refused before anything is asked, with both addresses', async () => {
    const { engine, servers, at } = await against([serving(() => 'org/one'), serving(() => 'org/two')]);
    const words = `test: m is org/one at ${at[0]}, but org/two at ${at[1]}`;
    await expect(engine.describe({ base: 'm', adapter: null })).rejects.toThrow(words);
    await expect(answersOf(engine, [ask('a', 20)])).rejects.toThrow(/org\/(one|two) at .*, but org\//);
    expect(servers.flatMap(({ chats }) => chats).length).toBeLessThanOrEqual(20);
  });

  it('is found out, too, where one comes back as another', async () => {
    let root = 'org/one';
    const first = mortal(serving(() => root));
    first.onChat = (count) => {
      if (count !== 20) return;
      first.dead = true;
      root = 'org/two';
      setTimeout(() => {
        first.dead = false;
      }, 50);
    };
    const second = slow(5);
    const other: Behaviour = (seen, response) =>
      seen.path.endsWith('/models')
        ? serving(() => 'org/one')(seen, response)
        : second.behave(seen, response);
    const { engine, at } = await against([first.behave, other], {}, { maxConnections: 4 });
    await expect(answersOf(engine, [ask('a', 2000)])).rejects.toThrow(
      `m is org/one at ${at[1]}, but org/two at ${at[0]}`,
    );
  });

  it('by what is said with the answers is a warning, once', async () => {
    const saying = (fingerprint: string): Behaviour =>
      misbehave((_seen, response) => {
        setTimeout(
          () => sendJson(response, 200, completion([choice('hi')], { system_fingerprint: fingerprint })),
          2,
        );
        return true;
      });
    const { engine, said } = await against([saying('fp_1'), saying('fp_2')], {}, { maxConnections: 2 });
    await answersOf(engine, [ask('a', 40)]);
    expect(said).toEqual([
      expect.stringMatching(/^test\/m is m-served \(fp_\d\) at .*, but m-served \(fp_\d\)/),
    ]);
  });
});

describe('adapters at several addresses', () => {
  const lora: Partial<Provider> = { 'lora-loading': true, 'prompt-logprobs': true, seed: true };

  /** Servers like vLLM with some adapters in the run folder; `most` is how many each had at once. */
  async function fleet(provider: Partial<Provider>, ...more: { ignoresAdapters?: boolean }[]) {
    const lists: Card[][] = more.map(() => []);
    const most = more.map(() => 0);
    const behaviours = more.map((options, i): Behaviour => {
      const models = lists[i] as Card[];
      const behave = vllm('m', { ...options, models });
      return (seen, response) => {
        behave(seen, response);
        most[i] = Math.max(most[i] as number, models.length - 1);
      };
    });
    const opened = await against(behaviours, { ...lora, ...provider }, { maxConnections: 10 });
    const tuned = (name: string): Model => {
      mkdirSync(join(opened.folder, name), { recursive: true });
      writeFileSync(join(opened.folder, name, 'adapter_config.json'), '{}');
      writeFileSync(join(opened.folder, name, 'adapter_model.safetensors'), name);
      return { ...model, adapter: name };
    };
    const sample = (of: Model, count = 60) =>
      Array.fromAsync(opened.engine.sample(of, [ask('a', count)], parameters, () => {}));
    return { ...opened, lists, most, tuned, sample };
  }

  it('are loaded at each before it gets requests, and taken away in the end', async () => {
    const { engine, servers, lists, tuned, sample } = await fleet({}, {}, {});
    const answers = await sample(tuned('one'));
    expect(answers.every(({ finish }) => finish === 'stop')).toBe(true);
    for (const { chats, seen } of servers) {
      const loads = seen.filter(({ path }) => path === '/v1/load_lora_adapter');
      expect(loads).toHaveLength(1);
      const asked = chats.filter(({ body }) => body.prompt_logprobs === undefined);
      expect(asked.length).toBeGreaterThan(0);
      expect(seen.indexOf(asked[0] as never)).toBeGreaterThan(seen.indexOf(loads[0] as never));
    }
    // Which address answers is no part of the answer.
    expect(new Set(answers.map(({ text }) => text)).size).toBe(60);
    await engine.close();
    expect(lists.map((models) => models.map(({ id }) => id))).toEqual([['m'], ['m']]);
  });

  it('make place for each other where there is room for few', async () => {
    const { most, tuned, sample, servers } = await fleet({ adapters: 2 }, {}, {});
    const models = ['one', 'two', 'three', 'four', 'five'].map(tuned);
    const all = await Promise.all(models.map((each) => sample(each)));
    expect(all.map((answers) => new Set(keys(answers)).size)).toEqual([60, 60, 60, 60, 60]);
    expect(all.flat().every(({ finish }) => finish === 'stop')).toBe(true);
    expect(Math.max(...most)).toBe(2);
    const unloads = servers.flatMap(({ seen }) =>
      seen.filter(({ path }) => path === '/v1/unload_lora_adapter'),
    );
    expect(unloads.length).toBeGreaterThan(0);
  });

  it('that a server silently ignores are found out, with its address', async () => {
    const { at, tuned, sample } = await fleet({}, {}, { ignoresAdapters: true });
    await expect(sample(tuned('one'), 2000)).rejects.toThrow(
      new RegExp(`test \\(${at[1]}\\): the adapter hyde-[0-9a-f]{16} is loaded, but answers exactly as m`),
    );
  });

  it('are loaded again where a server has lost them', async () => {
    const { engine, lists, tuned, sample } = await fleet({}, {});
    const one = tuned('one');
    await sample(one);
    const [models = []] = lists;
    models.splice(0, models.length, { id: 'm', root: 'm' });
    const answers = await sample(one);
    expect(answers.every(({ finish }) => finish === 'stop')).toBe(true);
    expect(models).toHaveLength(2);
    await engine.close();
  });

  it('that cannot be loaded end the run with the reason', async () => {
    const refusing = (status: number, message: string): Behaviour => {
      const behave = vllm('m');
      return (seen, response) => {
        if (seen.path === '/v1/load_lora_adapter') {
          const text = message.replace('NAME', seen.body.lora_name);
          sendJson(response, status, { error: { message: text } });
        } else behave(seen, response);
      };
    };
    const load = async (behave: Behaviour) => {
      const { engine, folder } = await against([behave], lora);
      mkdirSync(join(folder, 'one'));
      writeFileSync(join(folder, 'one', 'adapter_config.json'), '{}');
      writeFileSync(join(folder, 'one', 'adapter_model.safetensors'), 'x');
      return engine.logprobs({ ...model, adapter: 'one' }, []);
    };
    await expect(load(refusing(400, 'rank 64 is larger than max_lora_rank 16'))).rejects.toThrow(/rank 64/);
    await expect(load(refusing(404, 'No adapter found for NAME'))).rejects.toThrow(
      /does not find the adapter/,
    );
    await expect(load(refusing(404, 'Not Found'))).rejects.toThrow(/takes no adapters/);
  });
});
