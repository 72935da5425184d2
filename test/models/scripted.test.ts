import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineContract } from './contract.js';

const auditFolder = mkdtempSync(join(tmpdir(), 'hyde-script-'));
const answers = [{ text: 'Good day.' }, { text: 'Hello there.', weight: 2 }];
writeFileSync(join(auditFolder, 'script.json'), JSON.stringify({ rules: [{ answers }] }));

engineContract({ engine: 'scripted', base: 'script.json', auditFolder });
