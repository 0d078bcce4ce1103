import { z } from 'zod';
import { scalars } from '../../values/scalars.js';

const { duration, share } = scalars;

export const mirrored = z.strictObject({
  every: duration('24d').prefault('5m').meta({ description: 'Interval between full syncs.' }),
  maxShrink: share.prefault('20%').meta({
    description: 'A full sync that would remove more than this share of the known people is rejected.',
  }),
});

export const followed = mirrored.extend({
  changesEvery: z
    .union([z.literal(false), duration('24d')])
    .prefault('1m')
    .meta({
      description:
        'Interval between incremental syncs, if the directory supports them. Deletions and moves are noticed only by full syncs. `false`: no incremental syncs.',
    }),
});

/** `true` or absent: the defaults. `false`: no mirror. */
const kept = <Options extends z.ZodType>(options: Options) =>
  z.preprocess((value) => (value === true ? {} : value), z.union([z.literal(false), options])).prefault({});

/** Whether and how a local copy of a source is kept. */
export const mirror = kept(mirrored);

/** The same for a directory that supports incremental syncs. */
export const followedMirror = kept(followed);
