import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../src/report/escape.js';
import { inlineJson, renderHtml } from '../../src/report/html.js';
import { fixtureEvidence, fixtureResult } from './fixture.js';
import { hostileResult, hostileText } from './hostile.js';

describe('the HTML report', () => {
  it('is one file that may load nothing, and whose script is allowed by its hash', async () => {
    const html = renderHtml(fixtureResult(), await fixtureEvidence());
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline|https?:/);
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map((match) => match[1] as string);
    expect(scripts).toHaveLength(1);
    expect(policy).toContain(
      createHash('sha256')
        .update(scripts[0] as string)
        .digest('base64'),
    );
    expect(html).not.toMatch(/<(?:link|img|iframe|object|embed)[^>]*(?:src|href)="(?!data:)/);
  });

  it('is the same for the same run', async () => {
    expect(renderHtml(fixtureResult(), await fixtureEvidence())).toBe(
      renderHtml(fixtureResult(), await fixtureEvidence()),
    );
  });

  it('keeps hostile texts inside its data', async () => {
    const html = renderHtml(hostileResult(), { ...(await fixtureEvidence()), command: hostileText });
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html.match(/<img|<svg onload|[\u2028\u2029\u202e]/g)).toBeNull();
    expect(html).not.toContain('\u0000');
    const data = /<script type="application\/json" id="data">(.*)<\/script>/.exec(html)?.[1] ?? '';
    expect(JSON.parse(data).result.name).toBe(hostileText);
  });
});

describe('inline JSON', () => {
  it('means the same and holds no markup', () => {
    const value = { text: hostileText, lone: '\ud800' };
    const text = inlineJson(value);
    expect(text).not.toMatch(/[<\u2028\u2029\u202e]/);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe('escaped text', () => {
  it('is safe in content and attributes', () => {
    expect(escapeHtml(`<a href="x" title='y'>&\u202e`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;⟦U+202E⟧',
    );
  });
});
