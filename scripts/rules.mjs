// Checks the dependency rules of .dependency-cruiser.mjs and prints each breach with the rule's reason.
// dependency-cruiser's own printer warns that it has no TypeScript compiler below 7; swc parses the sources.
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';

const { output } = await cruise(['src'], {
  ...config.options,
  ruleSet: { forbidden: config.forbidden },
  validate: true,
});
const { violations, totalCruised, totalDependenciesCruised } = output.summary;
for (const { rule, from, to } of violations) {
  const reason = config.forbidden.find(({ name }) => name === rule.name)?.comment;
  console.error(`${rule.name}: ${from} -> ${to}\n  ${reason}`);
}
// Half a project would be no check at all: a parser that fails leaves modules without dependencies.
const parsed = totalDependenciesCruised > totalCruised;
if (!parsed) console.error('the sources were not parsed: hardly any dependency was found');
process.exitCode = violations.length === 0 && parsed ? 0 : 1;
