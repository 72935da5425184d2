// Writes resources/audit.schema.json, the JSON Schema of the audit file for editors, from the types in
// src/records/audit.ts. `--check` only says whether the file is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { AuditFile } from '../dist/records/audit.js';

const file = new URL('../resources/audit.schema.json', import.meta.url);
const schema = z.toJSONSchema(AuditFile, { io: 'input', target: 'draft-2020-12' });
const text = `${JSON.stringify({ title: 'hyde audit file', ...schema }, null, 2)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error('resources/audit.schema.json is out of date: run `make schema`');
  process.exit(1);
}
