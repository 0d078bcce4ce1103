import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Clock } from '../../ports/clock.js';

/** After this time an instance that began to send is considered dead. */
const CLAIM_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/** `SessionStore.claimSend` */
export async function claimSend(db: Knex, clock: Clock, sid: string, attempt: number): Promise<boolean> {
  for (;;) {
    const now = clock.now();
    const claimed: number = await db('validation_sessions')
      .where({ sid })
      .where('send_attempt', '<', attempt)
      .where((of) => {
        void of
          .whereNull('sending_attempt')
          .orWhere('sending_attempt', '<', attempt)
          .orWhere('sending_at', '<', now - CLAIM_MS)
          .orWhere('sending_at', '>', now + CLAIM_MS);
      })
      .update({ sending_attempt: attempt, sending_at: now });
    if (claimed > 0) return true;
    const row: { send_attempt: number } | undefined = await db('validation_sessions')
      .where({ sid })
      .first('send_attempt');
    if (!row || row.send_attempt >= attempt) return false;
    await pause(LOOK_AGAIN_MS);
  }
}
