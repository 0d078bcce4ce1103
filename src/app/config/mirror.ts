import { z } from 'zod';
import { scalars } from './scalars.js';

const { duration, share } = scalars;

const mirrored = z.strictObject({
  every: duration('24d').prefault('5m').meta({ description: 'How often it is read.' }),
  maxShrink: share.prefault('20%').meta({
    description: 'A listing that lacks more than this share of what is known is taken for broken, and not applied.',
  }),
});

/** Whether and how a copy of a source is kept. */
export const mirror = z
  .preprocess((value) => (value === true ? {} : value), z.union([z.literal(false), mirrored]))
  .prefault({});

export const readMirror = (mirror: z.output<typeof mirrored> | false) =>
  mirror && { everyMs: mirror.every, maxShrink: mirror.maxShrink };
