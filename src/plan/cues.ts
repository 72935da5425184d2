import { readdirSync } from 'node:fs';
import { type AuditCue, type AuditFile, CueFile } from '../records/audit.js';
import { type Cue, type CueSource, isRaw, type Transform } from '../records/cue.js';
import { BASE, CUE_JOIN, Id, PLAIN } from '../records/ids.js';
import type { ArmSpec, BaseSpec, Spec } from '../records/spec.js';
import { InputError, type Place } from '../shared/errors.js';
import { didYouMean } from '../shared/nearest.js';
import { resource } from '../shared/package.js';
import { type Located, readYaml } from './yaml.js';

type ResolvedCue = Spec['cues'][number];

/**
 * The cues of an audit: its own, shipped ones it names, compositions, and placebos up to the number asked for.
 *
 * @param groups ids of the arms of a sweep by its id, which a cue may name in their place
 */
export async function resolveCues(
  audit: Located<AuditFile>,
  arms: ArmSpec[],
  groups: ReadonlyMap<string, string[]>,
  bases: ReadonlyMap<string, BaseSpec>,
): Promise<ResolvedCue[]> {
  const shipped = await shippedCues();
  const armIds = arms.map((arm) => arm.id);
  const cues: ResolvedCue[] = [];
  const isSearched = audit.value.cues.some(({ mine }) => mine);
  for (const [index, given] of audit.value.cues.entries()) {
    if (given.mine) continue;
    const place = audit.place(['cues', index]);
    for (const id of given.arms ?? []) {
      if (!armIds.includes(id) && !groups.has(id)) {
        throw new InputError(
          `no arm is called '${id}'`,
          audit.place(['cues', index, 'arms']),
          didYouMean(id, [...armIds, ...groups.keys()]),
        );
      }
    }
    for (const cue of readCue(given, cues, shipped, place)) {
      if (cues.some((other) => other.id === cue.id)) {
        throw new InputError(`two cues have the id '${cue.id}'`, place);
      }
      if (isSearched && armIds.some((arm) => isOfSearch(cue.id, arm))) {
        throw new InputError(
          `the search of this audit names cues like '${cue.id}'`,
          place,
          'give it another id',
        );
      }
      const named = given.arms?.flatMap((id) => groups.get(id) ?? [id]);
      const asked = named ? [...new Set(named)] : armIds;
      if (isRaw(cue.transforms))
        checkTemplates(
          cue,
          arms.filter(({ id }) => asked.includes(id)),
          bases,
          { place, isLaunched: audit.value.run.serve !== undefined },
        );
      cues.push({ ...cue, arms: asked });
    }
  }
  return [...cues, ...placebosFor(cues, shipped, audit.value.verdict.placebos, armIds)];
}

/** Engines that can leave the chat template out: what is served by others is asked through their chat interface. */
const RENDER_HERE = ['local', 'tinker', 'scripted'];

/** @throws InputError where an arm's models, or its base, are asked through an interface that renders the chat template by itself */
function checkTemplates(
  { id }: Cue,
  arms: readonly ArmSpec[],
  bases: ReadonlyMap<string, BaseSpec>,
  { place, isLaunched }: { place: Place; isLaunched: boolean },
): void {
  const refs = arms.flatMap((arm) => [arm.served, arm.base === null ? undefined : bases.get(arm.base)?.ref]);
  const served = refs.find(
    (ref) => ref && (!RENDER_HERE.includes(ref.engine) || (isLaunched && ref.engine === 'local')),
  );
  if (!served) return;
  throw new InputError(
    `cue '${id}' goes without a chat template, and ${served.engine}/${served.model} is asked through a server's chat interface, which has its own`,
    place,
    'ask models of the local engine under it (`arms` of the cue), or leave it out',
  );
}

/** Does a search of this arm name its candidates and placebos so (mining/pool.ts)? */
const isOfSearch = (id: string, arm: string): boolean =>
  ['mined', 'placebo'].some(
    (source) => id.startsWith(`${source}-${arm}-`) && /^p?\d/.test(id.slice(`${source}-${arm}-`.length)),
  );

/** Shipped cues by file id, each with its own id. */
export async function shippedCues(): Promise<Map<string, Cue[]>> {
  const files = readdirSync(resource('cues')).filter((name) => name.endsWith('.yaml'));
  const parsed = await Promise.all(
    files.sort().map((name) => readYaml(resource('cues', name), CueFile, name)),
  );
  return new Map(
    parsed.map(({ value }) => [
      value.id,
      value.cues.map((cue) => ({
        id: cue.id as string,
        source: (value.id === 'placebos' ? 'placebo' : 'shipped') as CueSource,
        title: cue.title,
        transforms: shorthand(cue),
      })),
    ]),
  );
}

function readCue(given: AuditCue, earlier: Cue[], shipped: Map<string, Cue[]>, place: Place): Cue[] {
  const ways = [given.use, given.compose, given.apply, shorthand(given).length || undefined].filter(Boolean);
  if (ways.length === 0) {
    throw new InputError(
      'a cue without text',
      place,
      'give it system, before, after, template, variant or chat-template',
    );
  }
  if (ways.length > 1) {
    throw new InputError('a cue is made in one way only: use, compose, apply, or its own texts', place);
  }
  const common = { title: given.title };
  if (given.use) {
    const found = shippedNamed(given.use, shipped, place);
    if (given.id && found.length > 1)
      throw new InputError(`'${given.use}' is several cues; leave the id out`, place);
    return found.map((cue) => ({
      ...cue,
      id: checkedId(given.id ?? cue.id, place),
      title: given.title ?? cue.title,
      source: given.source ?? cue.source,
    }));
  }
  const source = given.source ?? 'given';
  if (given.compose) {
    const parts = given.compose.map((id) => {
      const all = [...shipped.values()].flat();
      const found = earlier.find((cue) => cue.id === id) ?? all.find((cue) => cue.id === id);
      if (found) return found;
      throw new InputError(
        `no cue above and no shipped one is called '${id}'`,
        place,
        didYouMean(
          id,
          [...earlier, ...all].map((cue) => cue.id),
        ),
      );
    });
    const id = given.compose.join(CUE_JOIN);
    if (given.id && given.id !== id)
      throw new InputError(`a composed cue is called by its parts: '${id}'`, place);
    return [
      {
        id,
        source,
        ...common,
        transforms: joined(
          parts.flatMap((cue) => cue.transforms),
          given,
          place,
        ),
      },
    ];
  }
  if (!given.id) throw new InputError('a cue has no id', place);
  const transforms = given.apply ? given.apply.flatMap((step) => shorthand(step)) : shorthand(given);
  return [
    { id: checkedId(given.id, place), source, ...common, transforms: joined(transforms, given, place) },
  ];
}

type Texts = Pick<AuditCue, 'variant' | 'template' | 'before' | 'after' | 'system' | 'chat-template'>;

function shorthand(texts: Texts): Transform[] {
  const out: Transform[] = [];
  if (texts.variant !== undefined) out.push({ kind: 'variant', name: texts.variant });
  if (texts.template !== undefined) out.push({ kind: 'template', text: texts.template });
  if (texts.before !== undefined) out.push({ kind: 'before', text: texts.before });
  if (texts.after !== undefined) out.push({ kind: 'after', text: texts.after });
  if (texts.system !== undefined) out.push({ kind: 'system', text: texts.system });
  if (texts['chat-template'] !== undefined) out.push({ kind: 'raw' });
  return out;
}

/** Two system prompts in one cue would hide one of them, so they must be joined in so many words. */
function joined(transforms: Transform[], given: AuditCue, place: Place): Transform[] {
  const systems = transforms.filter((transform) => transform.kind === 'system').length;
  if (systems < 2) return transforms;
  if (given.join === undefined || given.join === false) {
    throw new InputError(
      'two system prompts in one cue',
      place,
      'say `join: true` to send both, one after the other',
    );
  }
  const join = given.join === true ? '\n\n' : given.join;
  return transforms.map((transform) => (transform.kind === 'system' ? { ...transform, join } : transform));
}

function checkedId(id: string, place: Place): string {
  if (id === PLAIN || id === BASE) throw new InputError(`'${id}' is a reserved id`, place);
  const parsed = Id.safeParse(id);
  if (!parsed.success) throw new InputError(`'${id}': ${parsed.error.issues[0]?.message}`, place);
  return id;
}

function shippedNamed(name: string, shipped: Map<string, Cue[]>, place: Place): Cue[] {
  const all = [...shipped.values()].flat();
  const found = shipped.get(name) ?? all.filter((cue) => cue.id === name);
  if (found.length) return found;
  throw new InputError(
    `no shipped cue is called '${name}'`,
    place,
    didYouMean(name, [...shipped.keys(), ...all.map((cue) => cue.id)]),
  );
}

/** Placebos of the kinds that the audit's cues have (system prompt, user's turn), in the shipped order. */
function placebosFor(
  cues: ResolvedCue[],
  shipped: Map<string, Cue[]>,
  wanted: number,
  arms: string[],
): ResolvedCue[] {
  const missing = wanted - cues.filter((cue) => cue.source === 'placebo').length;
  if (missing <= 0 || cues.length === 0) return [];
  const usesSystem = (cue: Cue): boolean => cue.transforms.some((transform) => transform.kind === 'system');
  const anySystem = cues.some(usesSystem);
  const anyUser = cues.some((cue) => !usesSystem(cue));
  const free = (shipped.get('placebos') ?? []).filter((cue) => !cues.some((other) => other.id === cue.id));
  const fitting = free.filter((cue) => (usesSystem(cue) ? anySystem : anyUser));
  const pool = fitting.length >= missing ? fitting : free;
  return pool.slice(0, missing).map((cue) => ({ ...cue, arms }));
}
