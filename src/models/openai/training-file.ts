import type { Message } from '../../records/chat.js';
import { parseJson } from './parse.js';

/**
 * A dataset of the run folder as OpenAI's chat format for training: the messages of each row and nothing else.
 *
 * @param loss with `last`, assistant turns before the last one get the weight 0
 */
export function trainingFile(dataset: string, loss: 'all' | 'last'): string {
  return dataset
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `${JSON.stringify({ messages: turnsOf(line, loss) })}\n`)
    .join('');
}

function turnsOf(line: string, loss: 'all' | 'last'): object[] {
  const { messages } = parseJson(line) as { messages: Message[] };
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages.map((message, i) =>
    loss === 'last' && message.role === 'assistant' && i < last ? { ...message, weight: 0 } : message,
  );
}
