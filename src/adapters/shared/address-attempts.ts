import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';

/**
 * How long connecting to one address of a name may take before the next is tried. The default of Node, 250 ms, is too
 * short for satellite or long-distance links: then the last address decides, and it may be unreachable.
 */
export const ADDRESS_ATTEMPT_MS = 2_000;

/**
 * Sets this limit as the default of the thread, because the drivers of directories and databases do not pass the option
 * on.
 */
export const waitForEachAddress = (): void => setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_ATTEMPT_MS);
