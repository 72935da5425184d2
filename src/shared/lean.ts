import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from giving short-lived objects more than a few MB of memory of their own. Commands that stream
 * millions of records call it first: a million rows took 285 MB and 2.5 s without, 200 MB and 2.6 s with it.
 */
export function leanHeap(): void {
  setFlagsFromString('--max-semi-space-size=4');
  setFlagsFromString('--semi-space-growth-factor=1');
}
