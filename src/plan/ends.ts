import { type Provider, shutdownOf } from '../records/provider.js';
import type { Spec } from '../records/spec.js';
import { servedRefs } from './providers.js';

/** The end of something that an audit needs, as its provider announced it. */
export interface AnnouncedEnd {
  /** Name of the provider. */
  provider: string;
  /** The day, and whether it has come. */
  date: string;
  over: boolean;
  text: string;
  advice: string;
}

/** What the providers of an audit announce: models that are switched off, and fine-tuning that ends. @param today as YYYY-MM-DD */
export function announcedEnds(spec: Spec, today: string): AnnouncedEnd[] {
  const { providers, bases, arms } = spec;
  const models = servedRefs(spec).flatMap(({ engine, model }): AnnouncedEnd[] => {
    const end = Object.hasOwn(providers, engine) && shutdownOf(providers[engine] as Provider, model);
    if (!end) return [];
    const over = end.date <= today;
    return [
      {
        ...{ provider: engine, date: end.date, over },
        text: `${model} ${over ? 'was' : 'is'} switched off on ${end.date}`,
        advice: end.instead ? `${end.instead} works instead` : 'plan with another model',
      },
    ];
  });
  const trained = new Set(arms.flatMap(({ training, base }) => (training && base ? [base] : [])));
  const training = bases.flatMap(({ id, ref: { engine } }): AnnouncedEnd[] => {
    const date = trained.has(id) && providers[engine]?.['fine-tuning-ends'];
    if (!date) return [];
    const over = date <= today;
    return [
      {
        ...{ provider: engine, date, over },
        text: `new fine-tuning jobs ${over ? 'ended' : 'end'} on ${date}`,
        advice: 'train an open-weight model with local/ instead',
      },
    ];
  });
  return [...new Map([...models, ...training].map((end) => [`${end.provider} ${end.text}`, end])).values()];
}
