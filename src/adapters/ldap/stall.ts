/** How long a listing may bring nothing before it has failed. */
export const STALL_MS = 60_000;
