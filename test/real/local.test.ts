import { engineContract } from '../models/contract.js';

engineContract({ engine: 'local', base: 'smollm2-135m-instruct', auditFolder: process.cwd() });
