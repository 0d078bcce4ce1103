import { describe, expect, it } from 'vitest';
import { KnexSessionStore } from '../../../src/adapters/knex/session-store.js';
import { MAY_BE_LOST } from '../../../src/adapters/knex/wal-sync.js';
import { FakeClock } from '../../support/fakes.js';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { secretBox } from '../../support/secret-box.js';

describe('the record that a validation message was sent', () => {
  it('waits for the disk unless it is that of a new session', async () => {
    const db = await migratedInMemory();
    try {
      const sessions = new KnexSessionStore(db, secretBox, new FakeClock());
      const updates: string[] = [];
      db.on('query', ({ sql }: { readonly sql: string }) => {
        if (sql.startsWith('update validation_sessions')) updates.push(sql);
      });
      await sessions.markSent('a', 1, undefined, true);
      await sessions.markSent('a', 2, 'https://example.org/');
      await Promise.all([sessions.markSent('a', 3, undefined), sessions.markSent('b', 1, undefined, true)]);
      expect(updates.map((sql) => sql.includes(MAY_BE_LOST))).toEqual([true, false, false]);
    } finally {
      await db.destroy();
    }
  });
});
