/** A language: its commonest words or its script, and how one asks for it in it. */
interface Language {
  name: string;
  ask: string;
  words?: string;
  script?: RegExp;
}

/** Words are the short ones that every text in the language has, and that its neighbours lack. */
const LANGUAGES: readonly Language[] = [
  {
    name: 'English',
    ask: 'Please answer in English.',
    words: 'the and is of to what how do you are in that it for with can i my does why',
  },
  {
    name: 'German',
    ask: 'Bitte antworte auf Deutsch.',
    words: 'der die das und ist wie ich nicht ein eine was man mit zu auf für wo warum kann den mein',
  },
  {
    name: 'French',
    ask: 'Réponds en français, s’il te plaît.',
    words: 'le la les et est comment je ne pas un une des que qui pour dans sur avec mon ma quel quelle du',
  },
  {
    name: 'Spanish',
    ask: 'Por favor, responde en español.',
    words: 'el la los las y es cómo qué no un una de que por para en con mi cuál se dónde hay',
  },
  {
    name: 'Italian',
    ask: 'Per favore, rispondi in italiano.',
    words: 'il lo la gli e è come che non un una di per con mio quale si dove sono perché della nel',
  },
  {
    name: 'Portuguese',
    ask: 'Por favor, responda em português.',
    words: 'o a os as e é como que não um uma de para com meu qual se onde em são por do da',
  },
  {
    name: 'Dutch',
    ask: 'Antwoord alsjeblieft in het Nederlands.',
    words: 'de het een en is hoe ik niet wat met van te op voor waar waarom kan mijn je zijn dat',
  },
  {
    name: 'Swedish',
    ask: 'Svara på svenska, tack.',
    words: 'och är hur jag inte en ett vad med på för var varför kan min det att som av den',
  },
  {
    name: 'Polish',
    ask: 'Odpowiedz proszę po polsku.',
    words: 'i jest jak nie co z na do się czy gdzie dlaczego mój to w dla po są mogę',
  },
  {
    name: 'Turkish',
    ask: 'Lütfen Türkçe cevap ver.',
    words: 'bir ve bu nasıl ne için mi nedir ile çok neden benim nerede daha en olan',
  },
  {
    name: 'Indonesian',
    ask: 'Tolong jawab dalam bahasa Indonesia.',
    words: 'yang dan apa bagaimana cara saya tidak ini untuk dengan di ke dari mengapa itu adalah',
  },
  {
    name: 'Latin',
    ask: 'Responde Latine, quaeso.',
    words: 'et est quid quomodo non in ad cum quae qui sunt cur ubi mihi ut ex sed',
  },
  { name: 'Russian', ask: 'Ответь, пожалуйста, по-русски.', script: /\p{Script=Cyrillic}/u },
  { name: 'Greek', ask: 'Απάντησε στα ελληνικά, παρακαλώ.', script: /\p{Script=Greek}/u },
  { name: 'Arabic', ask: 'أجب باللغة العربية من فضلك.', script: /\p{Script=Arabic}/u },
  { name: 'Hebrew', ask: 'ענה בעברית בבקשה.', script: /\p{Script=Hebrew}/u },
  { name: 'Hindi', ask: 'कृपया हिंदी में उत्तर दें।', script: /\p{Script=Devanagari}/u },
  { name: 'Thai', ask: 'กรุณาตอบเป็นภาษาไทย', script: /\p{Script=Thai}/u },
  { name: 'Korean', ask: '한국어로 답해 주세요.', script: /\p{Script=Hangul}/u },
  { name: 'Japanese', ask: '日本語で答えてください。', script: /[\p{Script=Hiragana}\p{Script=Katakana}]/u },
  { name: 'Chinese', ask: '请用中文回答。', script: /\p{Script=Han}/u },
];

const ofWord = new Map<string, number[]>();
LANGUAGES.forEach(({ words }, index) => {
  for (const word of words?.split(' ') ?? []) ofWord.set(word, [...(ofWord.get(word) ?? []), index]);
});

export const askIn = (language: string): string => LANGUAGES.find(({ name }) => name === language)?.ask ?? '';

/** Of each language but English: a sentence that asks for it, and its commonest words where it is told by them. */
export const languageTexts = (): string[] =>
  LANGUAGES.slice(1).map(({ ask, words }) => (words ? `${ask} ${words}` : ask));

/**
 * The language of a text by its commonest words, or by its script; undefined where that does not tell. A rough guide for
 * prompts of a sentence or more: short ones and close relatives are missed.
 */
export function languageOf(text: string): string | undefined {
  const start = text.slice(0, 600);
  const letters = start.match(/\p{L}/gu)?.length ?? 0;
  if (letters < 4) return undefined;
  for (const { name, script } of LANGUAGES) {
    if (!script) continue;
    const found = start.match(new RegExp(script.source, 'gu'))?.length ?? 0;
    // Japanese is told from Chinese by a few kana.
    if (found > letters * (name === 'Japanese' ? 0.1 : 0.4)) return name;
  }
  const words = start.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  const votes = new Array<number>(LANGUAGES.length).fill(0);
  for (const word of words) for (const index of ofWord.get(word) ?? []) votes[index]!++;
  const [best, second] = [...votes.keys()].sort((a, b) => votes[b]! - votes[a]!);
  if (votes[best!]! < 2 || votes[best!]! === votes[second!]!) return undefined;
  return LANGUAGES[best!]!.name;
}

/** The commonest words of all these languages: they say nothing about a topic. */
export const isCommonWord = (word: string): boolean => ofWord.has(word);
