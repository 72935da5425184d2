#!/usr/bin/env node
// Plain old JavaScript up to the version check, so that an old Node answers in words.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 19)) {
  process.stderr.write('hyde needs Node 22.19 or newer; this is Node '.concat(process.versions.node, '.\n'));
  process.exit(2);
}
import('node:module')
  .then((module) => {
    module.enableCompileCache();
    return import('../dist/bundle/main.js');
  })
  .then((cli) => {
    // Should the event loop run empty before the command has ended, that is no success.
    process.exitCode = 1;
    return cli.main(process.argv);
  })
  .catch((error) => {
    var notBuilt = error.code === 'ERR_MODULE_NOT_FOUND' && /dist.bundle.main/.test(String(error.message));
    process.stderr.write(
      notBuilt ? 'hyde is not built yet: run `make build`.\n' : 'hyde: '.concat(error.stack, '\n'),
    );
    process.exitCode = 1;
  });
