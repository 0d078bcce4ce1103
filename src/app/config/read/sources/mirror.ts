import type { z } from 'zod';
import type { mirrored, followed } from '../../schema/sources/mirror.js';

export const readMirror = (mirror: z.output<typeof mirrored> | z.output<typeof followed> | false) =>
  mirror && {
    everyMs: mirror.every,
    maxShrink: mirror.maxShrink,
    ...('changesEvery' in mirror && mirror.changesEvery !== false && { changesEveryMs: mirror.changesEvery }),
  };
