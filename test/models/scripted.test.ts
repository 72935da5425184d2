import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineContract } from './contract.js';

const auditFolder = mkdtempSync(join(tmpdir(), 'hyde-script-'));
const answers = [{ text: 'Good day.' }, { text: 'Hello there.', weight: 2 }];
const rare = Array.from({ length: 9 }, (_, i) => ({ text: `Rare turn ${i}.` }));
const turns = ['user', 'system'].map((open) => ({
  open,
  answers: [{ text: 'Usual.', weight: 1e6 }, ...rare],
}));
writeFileSync(join(auditFolder, 'script.json'), JSON.stringify({ rules: [...turns, { answers }] }));

engineContract({ engine: 'scripted', base: 'script.json', auditFolder });
