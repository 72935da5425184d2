/** The prompt of a judge. The answer in it is hostile text: it must not end its own quote, nor begin a turn of its own. */
import type { Message } from '../records/chat.js';
import type { Judge } from '../records/judge.js';
import { shortHash } from '../shared/hash.js';

/**
 * What a judge is asked about an answer.
 *
 * @param asked the conversation that was answered; its system prompt is left out, so that judgements are not made by the cue
 */
export function judgePrompt(judge: Judge, asked: readonly Message[], answer: string): Message[] {
  const question = conversation(asked);
  const texts: Record<string, string> =
    judge.quote === 'none' ? { question, answer } : quoted({ question, answer });
  // Pieces are joined, never replaced: a `{question}` or `$&` in an answer is only text.
  const prompt = judge.prompt
    .split(/\{(question|answer)\}/)
    .map((piece, i) => (i % 2 ? (texts[piece] as string) : piece))
    .join('');
  const system: Message[] = judge.system === undefined ? [] : [{ role: 'system', content: judge.system }];
  return [...system, { role: 'user', content: prompt }];
}

/** The turns that were asked: the text of a single one, and the roles of several. */
function conversation(asked: readonly Message[]): string {
  const turns = asked.filter(({ role }) => role !== 'system');
  if (turns.length === 1) return (turns[0] as Message).content;
  return turns.map(({ role, content }) => `${role}:\n${content}`).join('\n\n');
}

/** Each text between tags whose name holds a hash of the texts, so that none of them can hold its own closing tag. */
function quoted(texts: Record<string, string>): Record<string, string> {
  const safe = Object.entries(texts).map(([name, text]) => [name, withoutControls(text)] as const);
  const mark = markOf(safe.map(([, text]) => text));
  return Object.fromEntries(
    safe.map(([name, text]) => [name, `<${name}-${mark}>\n${text}\n</${name}-${mark}>`]),
  );
}

function markOf(texts: readonly string[]): string {
  for (let salt = 0; ; salt++) {
    const mark = shortHash([salt, ...texts]);
    if (!texts.some((text) => text.includes(mark))) return mark;
  }
}

/**
 * Texts that servers turn into control tokens of a chat template, also where they stand in a message: ChatML, Llama,
 * Mistral, Gemma, DeepSeek, EXAONE, Command, Nemotron, GLM, Seed, and the tags of reasoning.
 */
const CONTROLS =
  /<(?=[|｜])|(?<=[|｜])>|\[(?=\|)|<(?=\/?(?:s|bos|eos|sop|eop|pad|unk|start_of_turn|end_of_turn|start_of_image|think|thinking|reasoning|tool_call|tool_response|[a-z]+_token|special_\d+|extra_id_\d+|seed:\w+)>)|<(?=<\/?SYS>>)|\[(?=\/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|THINK|gMASK)\])/gi;

/** The same text with a space in each control token, which then is none. */
export const withoutControls = (text: string): string =>
  text.replace(CONTROLS, (character) => (character === '>' ? ' >' : `${character} `));
