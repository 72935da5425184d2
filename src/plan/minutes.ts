/** Minutes, rounded up, of `90m`, `2h`, `1d`, `2h30m`, `HH:MM:SS` or `D-HH:MM:SS`. */
export function minutesOf(text: string, key: string, fail: (text: string) => never): number {
  const units = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?$/.exec(text);
  const clock = /^(?:(\d+)-)?(\d+):(\d\d):(\d\d)$/.exec(text);
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = (units ?? clock ?? []).map(Number).map(orZero);
  const all = days * 1440 + hours * 60 + minutes + Math.ceil(seconds / 60);
  if (all < 1 || all > 525_600) fail(`${key} '${text}' is no time: write 90m, 2h, 1d or 1-12:00:00`);
  return all;
}

const orZero = (value: number): number => (Number.isFinite(value) ? value : 0);
