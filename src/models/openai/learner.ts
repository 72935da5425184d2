import type { Dialect } from './body.js';
import type { Call } from './call.js';
import type { SamplerParts } from './parts.js';
import type { Decision } from './retry.js';

/** Takes over how servers want to be asked, and says each change once. */
export class Learner {
  constructor(private readonly parts: SamplerParts) {}

  /**
   * Writes requests from now on as the server wants them, and says so once.
   *
   * @param version of the dialect that was refused
   * @returns `known` where that was done before, and the name of a setting that cannot be left out
   */
  refused(
    { dialect, parameters }: Call,
    { field, reason, numbers }: Decision & { kind: 'adapt' },
    version: number,
  ): 'learnt' | 'known' | 'temperature' | 'top_p' {
    let done = dialect.adapt(field, version, parameters, numbers);
    if (done === 'needed') {
      // Of two that do not go together the one that changes nothing is left out.
      const other = field === 'temperature' ? 'top_p' : 'temperature';
      if (reason.includes(other)) done = dialect.adapt(other, version, parameters);
      if (done === 'needed') return field as 'temperature' | 'top_p';
    }
    if (done === 'known') return 'known';
    if (typeof done === 'object') {
      this.say(dialect, `${done.change}, as the server refused it (${reason})`);
    }
    return 'learnt';
  }

  /** A server that gives fewer answers than it is asked for is asked for one at a time. */
  gaveFewer({ dialect, parameters }: Call, wanted: number, given: number, version: number): void {
    if (typeof dialect.adapt('n', version, parameters) !== 'object') return;
    this.say(dialect, `n is left out, as the server gave ${given} of ${wanted} answers`);
  }

  private say({ model }: Dialect, text: string): void {
    const { name, hide, observer } = this.parts;
    observer.note(hide(`${name}/${model}: ${text}`));
  }
}
