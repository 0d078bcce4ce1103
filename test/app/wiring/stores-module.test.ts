import { Container } from 'inversify';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/adapters/knex/database.js';
import { knexStores } from '../../../src/adapters/knex/stores.js';
import { storesModule } from '../../../src/app/wiring/stores-module.js';
import { memoryStores } from '../../support/memory/stores.js';
import { queued } from '../../support/jobs.js';
import { email } from '../../../src/domain/identifiers/threepid.js';
import { AccountStatusStore } from '../../../src/ports/account-status-store.js';
import { AccountStore } from '../../../src/ports/account-store.js';
import { AssociationStore } from '../../../src/ports/association-store.js';
import { ChangeFeed } from '../../../src/ports/change-feed.js';
import { UserIdAssignmentStore } from '../../../src/ports/user-id-assignment-store.js';
import { InviteStore } from '../../../src/ports/invite-store.js';
import { JobQueue } from '../../../src/ports/job-queue.js';
import { MirrorStore } from '../../../src/ports/mirror-store.js';
import { PepperStore } from '../../../src/ports/pepper-store.js';
import { RateLimits } from '../../../src/ports/rate-limits.js';
import { SessionStore } from '../../../src/ports/session-store.js';
import { TermsStore } from '../../../src/ports/terms-store.js';
import { secretBox } from '../../support/secret-box.js';

const clock = { now: () => 1 };

describe.each([
  ['memory', async () => ({ module: storesModule(memoryStores(clock)), close: async () => undefined })],
  [
    'SQLite',
    async () => {
      const db = await openDatabase({ client: 'sqlite3', file: ':memory:' });
      return { module: storesModule(knexStores(db, clock, secretBox)), close: () => db.destroy() };
    },
  ],
])('the module of %s', (_name, open) => {
  it('contains every store, all with the same data', async () => {
    const { module, close } = await open();
    const container = new Container();
    container.load(module);
    const binding = { threepid: email('anna@example.org'), mxid: '@anna:example.org' as const };
    const payload = { medium: 'email', address: 'a@example.org', mxid: '@anna:example.org', invite: null } as const;
    const job = { kind: 'onbind', payload, runAt: 0 } as const;
    const bound = { ...binding, boundAt: 1, notBefore: 1, notAfter: 2 };
    await container.get(AssociationStore).bind(bound, [job]);
    expect((await container.get(ChangeFeed).since(0))?.changes).toMatchObject([{ added: [binding] }]);
    expect(await queued(container.get(JobQueue), 'onbind')).toEqual([payload]);
    expect(await container.get(SessionStore).get('sid')).toBeUndefined();
    expect(await container.get(MirrorStore).state('staff')).toBeUndefined();
    expect(await container.get(UserIdAssignmentStore).find(['@anna:example.org'])).toEqual([]);
    expect(await container.get(PepperStore).all()).toEqual([]);
    expect(await container.get(AccountStatusStore).homeservers()).toEqual([]);
    expect(await container.get(AccountStore).find('token')).toBeUndefined();
    expect(await container.get(TermsStore).hasAccepted('@anna:example.org', [['url']])).toBe(false);
    expect(await container.get(InviteStore).get('token')).toBeUndefined();
    expect(await container.get(RateLimits).consume('key', { amount: 1, windowMs: 1 })).toBe(0);
    await close();
  });
});
