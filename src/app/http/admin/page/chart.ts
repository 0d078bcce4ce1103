import type { Bar } from './metric-history.js';

/** The height of the drawing in its own units. */
const HEIGHT = 100;
const GAP = 0.25;

/** Rectangles of a bar chart: the failed part stands on top. Each bar is one unit wide. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly rectangles: readonly {
    readonly kind: 'bar' | 'bar2';
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  }[];
  /** The highest bar. */
  readonly most: number;
  readonly total: number;
  readonly failed: number;
}

export function chartOf(bars: readonly Bar[]): Chart {
  const most = Math.max(0, ...bars.map(({ good, bad }) => good + bad));
  const scale = most === 0 ? 0 : HEIGHT / most;
  const rectangles = bars.flatMap(({ good, bad }, at) => {
    const [goodHeight, badHeight] = [round(good * scale), round(bad * scale)];
    const place = { x: at + GAP / 2, width: 1 - GAP };
    return [
      { kind: 'bar' as const, ...place, y: round(HEIGHT - goodHeight), height: goodHeight },
      { kind: 'bar2' as const, ...place, y: round(HEIGHT - goodHeight - badHeight), height: badHeight },
    ].filter(({ height }) => height > 0);
  });
  const sum = (of: (bar: Bar) => number) => bars.reduce((total, bar) => total + of(bar), 0);
  const failed = sum(({ bad }) => bad);
  return { width: bars.length, height: HEIGHT, rectangles, most, total: failed + sum(({ good }) => good), failed };
}

const round = (value: number): number => Math.round(value * 100) / 100;
