import { z } from 'zod';
import { scalars } from '../../values/scalars.js';

const { duration, share } = scalars;

export const mirrored = z.strictObject({
  every: duration('24d').prefault('5m').meta({ description: 'How often it is read.' }),
  maxShrink: share.prefault('20%').meta({
    description: 'A listing that lacks more than this share of what is known is taken for broken, and not applied.',
  }),
});

export const followed = mirrored.extend({
  changesEvery: z
    .union([z.literal(false), duration('24d')])
    .prefault('1m')
    .meta({
      description:
        'How often it is asked in between for what changed, if it can say; deletions and moves are seen only when everything is read. `false`: never.',
    }),
});

/** `true`, and nothing, for what is usual; `false` for no mirror. */
const kept = <Options extends z.ZodType>(options: Options) =>
  z.preprocess((value) => (value === true ? {} : value), z.union([z.literal(false), options])).prefault({});

/** Whether and how a copy of a source is kept. */
export const mirror = kept(mirrored);

/** The same for a directory that can say what changed. */
export const followedMirror = kept(followed);
