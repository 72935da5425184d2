import { mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../src/shared/cache.js';
import { engineContract } from '../models/contract.js';

engineContract({ engine: 'local', base: 'smollm2-135m-instruct', auditFolder: process.cwd() });

// A Hugging Face folder of the user's, named relative to the audit file.
const models = join(cacheFolder(), 'models');
const converted = readdirSync(models).find((name) => name.startsWith('smollm2'));
const auditFolder = mkdtempSync(join(tmpdir(), 'hyde-audit-'));
symlinkSync(join(models, converted ?? 'none'), join(auditFolder, 'model'));
engineContract({ engine: 'local', base: './model', auditFolder });
