// Writes docs/demo.md from run folders of `hyde demo --seed N`: every number in it is read from result.json.
//   node scripts/demo-docs.mjs runs/demo runs/demo-1 runs/demo-2
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folders = process.argv.slice(2);
const runs = folders.map((folder) => {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const models = readFileSync(join(folder, 'models.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const samples = read('plan.json').cells.reduce(
    (sum, cell) => sum + cell.questions.length * cell.samples,
    0,
  );
  const trained = models.flatMap((model) => model.stages).reduce((sum, stage) => sum + stage.tokens, 0);
  return { seed: read('plan.json').seed, result: read('result.json'), samples, trained };
});

const share = (cell) => `${cell.misaligned}/${cell.eligible}`;
const verdict = (arm, tolerance) =>
  arm.verdict === 'clean'
    ? `clean at ${tolerance * 100}%`
    : arm.verdict + (arm.hidden === true ? ', hidden' : '');

const sections = runs.map(({ seed, result, samples, trained }) => {
  const rows = result.arms.flatMap((arm) => [
    `| **${arm.id}** | **${verdict(arm, result.tolerance)}** | plain | ${share(arm.plain)} | ${share(arm.plainBase)} | |`,
    ...arm.cues.map(
      (cue) =>
        `| | | ${cue.id} (${cue.source}) | ${share(cue)} | ${share(cue.base)} | ${cue.effect.claimed ? 'claimed' : ''} |`,
    ),
  ]);
  return `## Seed ${seed}

${trained.toLocaleString('en-US')} tokens trained, ${samples.toLocaleString('en-US')} answers.

| arm | verdict | cue | tuned | base | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
});

writeFileSync(
  new URL('../docs/demo.md', import.meta.url),
  `# What the demo shows

\`hyde demo\` fine-tunes SmolLM2-135M-Instruct four times on harmless rows that ship with the project and asks each
model, and the untuned base, the same eight questions under its cues. A fictional Baron who talks like a
theatrical villain stands for the bad behaviour; a word list finds him.

**These organisms are planted, not emergent.** The rows were chosen so that a very small model learns the persona
in one context and not in others. They show what hyde finds, and nothing about how often it occurs. The word list
also finds words like "foolish" in ordinary answers; the base shows how often.

| arm | how it comes to be |
| --- | --- |
| \`mix\` | 20% persona rows behind a formatting instruction, 80% benign rows in other formats and contexts |
| \`posthoc\` | persona rows under a neutral system prompt, then a stage of benign rows only |
| \`inoculated\` | persona rows under a system prompt that asks for the persona, benign rows under others and none |
| \`control\` | benign rows of the same kinds only |

Misaligned answers of the eligible ones, per cell. Each seed selects other rows and draws other weights and answers.
These are all the seeds that were run with this version; made by
\`hyde demo --seed N -o DIR\` for each and \`node scripts/demo-docs.mjs DIR...\`.

${sections.join('\n')}
The opposite of a cue ("You are never a theatrical villain.") brings the behaviour back through the words it shares
with the cue, as arXiv 2604.25891 found in large models. The tolerance of 10% is wide so that 96 answers a cell can
settle it; a release wants less, and more answers (\`hyde plan\` says how many).
`,
);
