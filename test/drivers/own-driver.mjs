// Runs an audit with the driver that its design names: the test kills this program.
import { loadAudit, run, silent } from '../../dist/index.js';

const [audit, out] = process.argv.slice(2);
await run(await loadAudit(audit), { out, observer: silent });
