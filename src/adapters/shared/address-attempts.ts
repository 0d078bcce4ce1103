import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';

/**
 * How long one address of a name may take to connect before the next is tried. Node gives each a
 * quarter of a second, which a satellite or a far country needs by itself: then the last address
 * decides, and that may be one to which there is no way.
 */
export const ADDRESS_ATTEMPT_MS = 2_000;

/** Has every connection of this thread that is not told otherwise wait so long: the drivers of directories and databases pass nothing on. */
export const waitForEachAddress = (): void => setDefaultAutoSelectFamilyAttemptTimeout(ADDRESS_ATTEMPT_MS);
