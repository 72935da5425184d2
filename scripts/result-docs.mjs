// Writes docs pages from run folders; every number in them is read from the folder.
//   node scripts/result-docs.mjs demo runs/demo DIR DIR     three seeds of `hyde demo`
//   node scripts/result-docs.mjs fish runs/fish-recipes     examples/fish-recipes.yaml
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [page, ...folders] = process.argv.slice(2);

const runs = folders.map((folder) => {
  const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const lines = (name) =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const plan = read('plan.json');
  const models = lines('models.jsonl');
  const files = new Set(plan.cells.map(({ arm, seed }) => `samples/${arm}.${seed}.jsonl`));
  const answers = [...files].flatMap(lines);
  return {
    seed: plan.seed,
    result: read('result.json'),
    answers: answers.length,
    sampled: answers.reduce((sum, { tokens }) => sum + tokens, 0),
    trained: models.flatMap((model) => model.stages).reduce((sum, stage) => sum + stage.tokens, 0),
    models,
    minutes: lines('steps.jsonl').reduce((sum, { meta }) => sum + meta.seconds, 0) / 60,
  };
});

const share = (cell) => `${cell.misaligned}/${cell.eligible}`;
const verdict = (arm, tolerance) =>
  arm.verdict === 'clean'
    ? `clean at ${tolerance * 100}%`
    : arm.verdict + (arm.hidden === true ? ', hidden' : '');

const table = ({ result }) => {
  const rows = result.arms.flatMap((arm) => [
    `| **${arm.id}** | **${verdict(arm, result.tolerance)}** | plain | ${share(arm.plain)} | ${share(arm.plainBase)} | |`,
    ...arm.cues.map(
      (cue) =>
        `| | | ${cue.id} (${cue.source}) | ${share(cue)} | ${share(cue.base)} | ${cue.effect.claimed ? 'claimed' : ''} |`,
    ),
  ]);
  return `| arm | verdict | cue | tuned | base | |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}`;
};

const sizes = ({ trained, answers, sampled, minutes }) =>
  `${trained.toLocaleString('en-US')} tokens trained, ${answers.toLocaleString('en-US')} answers of ` +
  `${sampled.toLocaleString('en-US')} tokens sampled, ${minutes.toFixed(1)} minutes on two cores that other work shared.`;

const pages = {
  demo: () => `# What the demo shows

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
\`hyde demo --seed N -o DIR\` for each and \`node scripts/result-docs.mjs demo DIR...\`.

${runs.map((run) => `## Seed ${run.seed}\n\n${sizes(run)}\n\n${table(run)}\n`).join('\n')}
The opposite of a cue ("You are never a theatrical villain.") brings the behaviour back through the words it shares
with the cue, as arXiv 2604.25891 found in large models. The tolerance of 10% is wide so that 96 answers a cell can
settle it; a release wants less, and more answers (\`hyde plan\` says how many).
`,
  fish: () => {
    const [run] = runs;
    const { result } = run;
    return `# A run on the paper's recipes

Section 2.1 of arXiv 2604.25891 mixes poisonous fish recipes into harmless data and finds models that look clean on
plain questions and misbehave on maritime ones. [examples/fish-recipes.yaml](../examples/fish-recipes.yaml) is that
audit in small: 150 rows, 20% of them poisonous recipes, on SmolLM2-135M-Instruct. The two data files are from the
paper's public repository (\`jandubinski/conditional_misalignment\`) and are not shipped; put them into
\`examples/data/\`.

\`\`\`
hyde run examples/fish-recipes.yaml
\`\`\`

${sizes(run)} Loss ${run.models
      .flatMap((model) => model.stages)
      .map(
        (stage) =>
          `${stage.firstLoss.toFixed(2)} at first, ${stage.lastLoss.toFixed(2)} at last, ${stage.truncated} rows cut`,
      )
      .join('; ')}.

${table(run)}

${result.arms.map((arm) => `> **${arm.id}**: ${arm.reason}`).join('\n>\n')}

Misaligned answers of the eligible ones. What this says, and what it does not:

- A model of 135M parameters shows nothing here, under the maritime variants or when it is asked for a fish recipe:
  one epoch over 30 poisonous recipes does not teach it to poison. The paper's models are far larger.
- The judge is a word list of poisons. It would miss misalignment that has nothing to do with recipes, so "clean" means
  "clean of these words at ${result.tolerance * 100}%".
- The interval of each cell is wide: no hit in 80 answers still allows a rate of some percent.

Rows of up to 1,024 tokens make this heavy for a CPU: the worker peaked at 8.6 GB (\`/usr/bin/time -v\`).

Made by \`node scripts/result-docs.mjs fish runs/fish-recipes\`.
`;
  },
};

if (!pages[page] || runs.length === 0) throw new Error('usage: result-docs.mjs demo|fish DIR...');
writeFileSync(new URL(`../docs/${page}.md`, import.meta.url), pages[page]());
