// Data flows one way (docs/architecture.md). Each rule has its reason in `comment`.
const only = (name, from, allowed, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: `^src/${from}/` },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((folder) => `^src/${folder}/`)] },
});
const common = ['records', 'shared'];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'a circle has no first file to read',
      from: {},
      to: { circular: true },
    },
    only(
      'records-alone',
      'records',
      [],
      'the types of what is on disk must not depend on who reads or writes it',
    ),
    only('shared-tools', 'shared', ['records'], 'a tool that knows a stage belongs to that stage'),
    only(
      'statistics-pure',
      'statistics',
      common,
      'numbers are pure functions, so that they can be checked by themselves',
    ),
    only('cues', 'cues', common, 'a cue is rendered by this one piece of code, wherever it is used'),
    only(
      'data-step',
      'data',
      [...common, 'cues'],
      'an inoculation prompt is applied as a cue is, by the same function',
    ),
    only(
      'drivers-pure',
      'drivers',
      [...common, 'statistics', 'search', 'mining'],
      'a driver decides from the plan and the outputs so far, by the evidence that the analysis uses, and does nothing',
    ),
    only('search-pure', 'search', common, 'where a search looks next follows from its answers alone'),
    only('engines', 'models', common, 'an engine is handed its requests; it knows no step'),
    only(
      'generating',
      'generating',
      [...common, 'cues', 'data'],
      'training rows are written with an engine as a parameter, and checked by the code that reads them',
    ),
    only('launchers', 'launchers', common, 'a launcher runs job folders; it does not know what is in them'),
    only('training-step', 'training', common, 'a step gets its engine as a parameter, never by import'),
    only(
      'sampling-step',
      'sampling',
      [...common, 'cues'],
      'a step gets its engine as a parameter, never by import',
    ),
    only('scoring-step', 'scoring', common, 'a step gets its judges as a parameter, never by import'),
    only(
      'verdict-step',
      'verdict',
      [...common, 'statistics'],
      'verdicts come from scores and statistics alone',
    ),
    only(
      'report-step',
      'report',
      [...common, 'cues'],
      'report and gate read result and records, and compute nothing',
    ),
    only(
      'plan',
      'plan',
      [...common, 'data', 'cues', 'statistics', 'models'],
      'planning counts what the steps would do, and runs none of them',
    ),
    only(
      'import-step',
      'import',
      [...common, 'plan', 'verdict'],
      'an import writes what sampling and scoring would have, reads its mappings as audit files are read, and analyses',
    ),
    only(
      'mining',
      'mining',
      [...common, 'cues'],
      'candidates come from rows, and from an engine that is handed in; a cue is rendered by the one function that does so',
    ),
    {
      name: 'calibration',
      severity: 'error',
      comment: "labels are drawn from records and counted; what they mean for a verdict is the analysis's",
      from: { path: '^src/calibration/' },
      to: {
        path: '^src/',
        pathNot: ['^src/calibration/', '^src/records/', '^src/shared/', '^src/import/csv\\.ts'],
      },
    },
    {
      name: 'cli-is-the-edge',
      severity: 'error',
      comment: 'only the command line knows argv, terminals and exit codes',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'run-puts-together',
      severity: 'error',
      comment: 'only the command line and the library call the loop; nothing below it knows of it',
      from: {
        path: '^src/',
        pathNot: '^src/(cli/|index\\.ts|run\\.ts|again\\.ts|steps\\.ts|searching\\.ts|asking\\.ts)',
      },
      to: { path: '^src/(run|again|steps)\\.ts' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment: 'what is imported stands in package.json; development packages stay out of what ships',
      from: { path: '^src/', pathNot: '^src/report/app/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
