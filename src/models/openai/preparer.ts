import type { Call } from './call.js';
import type { Host } from './host.js';
import type { Line, SamplerParts } from './parts.js';
import { Away } from './wire.js';

/** Makes hosts ready for calls that need it, and leaves out those that are dead. */
export class Preparer {
  constructor(
    private readonly parts: SamplerParts,
    private readonly line: Line,
  ) {}

  /** Begins what is not ready and not begun; at a host that was dead this is the probe. */
  begin(now: number): void {
    const { hosts } = this.parts;
    for (const call of this.line.calls) {
      if (!call.prepare || call.ending || call.places.size >= hosts.length) continue;
      for (const host of hosts) {
        const isProbed = host.parts.breaker.open && host.probe !== undefined;
        if (!call.places.has(host) && host.wait(now) === 0 && !isProbed) this.prepare(call, host);
      }
    }
  }

  private prepare(call: Call, host: Host): void {
    const { breaker } = host.parts;
    call.places.set(host, 'preparing');
    const probe = {};
    if (breaker.open) host.probe = probe;
    const end = (): boolean => {
      call.places.delete(host);
      if (host.probe === probe) host.probe = undefined;
      return this.line.calls.includes(call) && !call.ending;
    };
    call.prepare?.(host).then(
      (release) => {
        if (!end()) {
          release();
          return;
        }
        breaker.succeeded();
        call.places.set(host, release);
        this.line.pump();
      },
      (error: Error) => {
        if (!end()) return;
        if (error instanceof Away) {
          this.leaveOut(host, error.message);
        } else {
          call.fail(error);
          this.line.drop(call);
        }
      },
    );
  }

  private leaveOut(host: Host, reason: string): void {
    const { observer, timing, hosts } = this.parts;
    const { breaker } = host.parts;
    if (!breaker.open && hosts.length > 1) observer.warn(`${reason}; it is left out until it answers again`);
    breaker.trip(timing.now());
    this.leave(host);
    if (!this.line.stopIfExhausted(reason)) this.line.pump();
  }

  /** Forgets what calls hold at a host: it may be gone when the host is back. */
  leave(host: Host): void {
    for (const call of this.line.calls) call.leave(host);
    host.forget();
  }
}
