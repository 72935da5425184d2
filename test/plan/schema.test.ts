import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAudit } from '../../src/plan/spec.js';
import { resource } from '../../src/shared/package.js';

interface Schema {
  properties: Record<string, { description?: string }>;
  required: string[];
}

describe('the JSON Schema for editors', () => {
  const schema = JSON.parse(readFileSync(resource('audit.schema.json'), 'utf8')) as Schema;

  it('knows the nouns of the contract, and asks for what has no default', () => {
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['models', 'arms', 'cues', 'questions', 'sampling', 'judges', 'verdict', 'run']),
    );
    expect(schema.required.toSorted()).toEqual(['arms', 'judges']);
  });
});

describe.each(['audit-file', 'scale'])('docs/%s.md', (page) => {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const whole = [...text.matchAll(/```yaml\n(# whole file[\s\S]*?)```/g)].map((match) => match[1] as string);

  it('shows whole files, and each is accepted', async () => {
    expect(whole.length).toBeGreaterThan(0);
    for (const file of whole) await expect(parseAudit(file, 'audit.yaml')).resolves.toBeDefined();
  });
});
