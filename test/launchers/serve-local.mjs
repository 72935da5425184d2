// A hyde that starts servers and waits, to be killed: `node serve-local.mjs FOLDER SPEC PYTHON`. Prints a line when one answers.
import { servers } from '../../dist/launchers/servers.js';
import { silent } from '../../dist/shared/observer.js';

const [folder, spec, python] = process.argv.slice(2);
const open = servers(JSON.parse(spec), { folder, observer: silent, signal: undefined });
const fleet = await open('some/model', 'base', { python, variables: {} });
await fleet.watch({ added: () => console.log('up'), gone() {}, failed() {} });
setInterval(() => {}, 1000);
