import type { AccountRounds } from '../domain/account-rounds.js';
import type { Invites } from '../domain/invites.js';
import type { Telemetry } from '../ports/telemetry.js';
import { every, type Schedule } from './schedule.js';

/** With 20 questions to each homeserver in a round, about ten a second. */
const ROUND_MS = 2_000;

/** Asks homeservers for accounts, round by round, and hands over the invitations of whoever has one at last. */
export const keepAccounts = (rounds: AccountRounds, invites: Invites, telemetry: Telemetry): Schedule =>
  every(ROUND_MS, 'account checks', telemetry, async () => {
    const arrived = await rounds.run();
    if (arrived?.length !== 0) await invites.deliverKnown(arrived);
  });
