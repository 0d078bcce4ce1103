import { describe, it } from 'vitest';
import type { ThreepidSource } from '../../src/source.js';
import { type SourceSamples, sourceContract } from '../../src/testing.js';

/** What every source promises: the published contract. */
export const threepidSourceContract = (
  open: () => ThreepidSource | Promise<ThreepidSource>,
  samples: SourceSamples,
): void => sourceContract(open, samples, { describe, it });
