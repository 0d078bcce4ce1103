/** Functions for templates: times and numbers as their reader writes them. Times are ms since the epoch. */
export interface AdminWords {
  /** `3 minutes ago` */
  readonly ago: (time: number) => string;
  /** `29 Nov 2026, 11:13:42 UTC` */
  readonly when: (time: number) => string;
  /** `2026-11-29T11:13:42.000Z`, for `<time datetime>` */
  readonly iso: (time: number) => string;
  readonly num: (value: number) => string;
  /** `812 ms`, `3.1 s`, `2 min` */
  readonly took: (ms: number) => string;
  /** A text with its placeholders replaced: `{n}` by `values.n`. */
  readonly fill: (text: string, values: Readonly<Record<string, unknown>>) => string;
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

export function adminWords(language: string, now: () => number): AdminWords {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const moment = new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone: 'UTC',
  });
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, maximumFractionDigits: 1 }).format(value);
  return {
    ago: (time) => {
      const ms = now() - time;
      const [name, size] = UNITS.find(([, unitMs]) => Math.abs(ms) >= 2 * unitMs) ?? UNITS[3];
      return relative.format(-Math.round(ms / size), name);
    },
    when: (time) => `${moment.format(time)} UTC`,
    iso: (time) => new Date(time).toISOString(),
    num: (value) => number.format(value),
    took: (ms) =>
      ms < 1_000
        ? unit(Math.round(ms), 'millisecond')
        : ms < 120_000
          ? unit(ms / 1_000, 'second')
          : unit(Math.round(ms / 60_000), 'minute'),
    fill: (text, values) =>
      text.replace(/\{(\w+)\}/g, (match, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : match)),
  };
}
