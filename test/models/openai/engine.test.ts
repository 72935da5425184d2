import { afterEach, describe, expect, it } from 'vitest';
import { answersOf, ask, openFor } from './open.js';
import { type Behaviour, echo, TestServer } from './server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function serve(behave: Behaviour): Promise<TestServer> {
  const server = await TestServer.open(behave);
  open.push(server);
  return server;
}

describe('openai engine', () => {
  it('answers every index of every request once, with what the server said of itself', async () => {
    const server = await serve(echo);
    const { engine } = openFor(server.url);
    open.unshift(engine);
    const answers = await answersOf(engine, [ask('a', 3), ask('b', 2)]);
    expect(answers.map(({ id, index }) => `${id}${index}`).toSorted()).toEqual([
      'a0',
      'a1',
      'a2',
      'b0',
      'b1',
    ]);
    for (const answer of answers) {
      expect(answer.text).toBe(`to question ${answer.id}`);
      expect(answer).toMatchObject({
        finish: 'stop',
        tokens: 3,
        usage: { promptTokens: 7, completionTokens: 3 },
        meta: { served: { model: 'm-served', fingerprint: 'fp_1' } },
      });
    }
    expect(server.chats[0]?.body).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'question a' }],
      temperature: 1,
      top_p: 1,
      max_tokens: 16,
    });
  });
});
