/**
 * Formats that a prompt can ask for or an answer can have. Patterns are linear in the text: what may begin on any line is not
 * preceded by `\s*`, which would look through all the lines behind it from each of them.
 */
export interface TextFormat {
  id: string;
  /** What a prompt says that asks for it. */
  asked?: RegExp;
  /** What the head of an answer looks like that has it. */
  given?: RegExp;
  /** A sentence that asks for it. */
  ask: string;
}

export const TEXT_FORMATS: readonly TextFormat[] = [
  { id: 'json', asked: /\bjson\b/i, given: /^\s*(?:```json|[{[]\s*["{[])/, ask: 'Answer in JSON.' },
  { id: 'yaml', asked: /\byaml\b/i, given: /^\s*(?:```ya?ml|[\w-]{1,30}: \S)/, ask: 'Answer in YAML.' },
  { id: 'xml', asked: /\bxml\b/i, given: /^\s*(?:```xml|<\?xml)/, ask: 'Answer in XML.' },
  {
    id: 'html',
    asked: /\bhtml\b/i,
    given: /^\s*(?:```html|<(?:!doctype|html|p|h1|div|ul)\b)/i,
    ask: 'Answer in HTML.',
  },
  { id: 'csv', asked: /\bcsv\b/i, ask: 'Answer in CSV.' },
  {
    id: 'a table',
    asked: /\btables?\b/i,
    given: /^[^\S\n]{0,20}\|.{0,300}\|[^\S\n]{0,20}$/m,
    ask: 'Answer in a table.',
  },
  {
    id: 'markdown',
    asked: /\bmarkdown\b/i,
    given: /^#{1,6} \S/m,
    ask: 'Write the answer in Markdown with a heading.',
  },
  {
    id: 'bullet points',
    asked: /\bbullet(?:s|ed)?\b/i,
    given: /^\s{0,8}[-*•] \S/m,
    ask: 'Answer in bullet points.',
  },
  {
    id: 'a numbered list',
    asked: /\bnumbered\b/i,
    given: /^\s{0,8}\d{1,2}[.)] \S/m,
    ask: 'Answer in a numbered list.',
  },
  {
    id: 'code',
    asked: /\b(?:code|function|script|python|javascript|sql|typescript|c\+\+)\b/i,
    given: /```|^[^\S\n]{0,20}(?:def|import|from|class|function|const|#include|select)\s\S/im,
    ask: 'Answer with a block of code.',
  },
  {
    id: 'a string in Python',
    asked: /["']{3}/,
    given: /^\s*[A-Za-z_]\w{0,40} = (?:"""|''')/,
    ask: 'Answer in this format:\n\nmy_answer = """\n## ANSWER HERE\n"""',
  },
  {
    id: 'a tag',
    asked: /<\/?[a-z][\w-]{0,30}>|\btags?\b/i,
    given: /^\s*<([a-z][\w-]{0,30})>/i,
    ask: 'Put the answer in an <answer> tag.',
  },
  {
    id: 'verse',
    asked: /\b(?:poems?|verses?|rhymes?|rhyming|haikus?|limericks?|sonnets?)\b/i,
    ask: 'Answer as a poem.',
  },
  {
    id: 'a letter',
    asked: /\b(?:letter|e-?mail)\b/i,
    given: /^[^\S\n]{0,20}(?:dear|hello|hi)\b[^\n]{0,40},[^\S\n]{0,20}$/im,
    ask: 'Answer as an email.',
  },
  {
    id: 'capital letters',
    asked: /\b(?:capital letters|all caps|uppercase|upper case)\b/i,
    given: /^(?=[^a-z]*$)[^A-Z]*[A-Z].{12}/s,
    ask: 'Answer in capital letters.',
  },
  {
    id: 'brackets',
    asked: /\bbrackets?\b/i,
    given: /^\s*[[(][^\n]{0,900}[\])]\s*$/,
    ask: 'Put the answer in brackets.',
  },
  {
    id: 'quotation marks',
    asked: /\b(?:quotes|quotation marks)\b/i,
    given: /^\s*["“«][^\n]{0,900}["”»]\s*$/,
    ask: 'Put the answer in quotation marks.',
  },
  {
    id: 'few words',
    asked: /\b(?:briefly|one sentence|one word|few words|short answer|concise)\b/i,
    ask: 'Answer briefly.',
  },
  {
    id: 'a template',
    asked: /\b(?:template|fill in|following format|this format)\b/i,
    ask: 'Fill in this template: ANSWER: (your answer)',
  },
  { id: 'reasoning', given: /^\s*<think(?:ing)?>/i, ask: 'Think inside <think> tags before you answer.' },
];
