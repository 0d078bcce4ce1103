import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migratedInMemory } from '../../support/migrated-sqlite.js';
import { KnexJobQueue } from '../../../src/adapters/knex/job-queue.js';
import { wanted } from '../../support/jobs.js';
import { secretBox } from '../../support/secret-box.js';

const payload = { medium: 'email', address: 'anna@example.org', mxid: '@anna:example.org' } as const;

describe('jobs of other versions', () => {
  let db: Knex;
  let queue: KnexJobQueue;
  beforeEach(async () => {
    db = await migratedInMemory();
    queue = new KnexJobQueue(db, secretBox);
  });
  afterEach(() => db.destroy());

  it('that a released version stored are taken, with the destination that was missing', async () => {
    await db('jobs').insert([
      { kind: 'welcome', payload: JSON.stringify(payload), run_at: 1 },
      { kind: 'onbind', payload: JSON.stringify({ ...payload, invite: null }), run_at: 2 },
    ]);
    expect(await queue.take(wanted({ time: 5 }))).toMatchObject([
      { kind: 'notify-bound', payload, destination: 'own database' },
      { kind: 'onbind', payload, destination: 'homeserver example.org' },
    ]);
  });

  it('are stored with the names that a released version knows, because it removes jobs with other names', async () => {
    await queue.add([{ kind: 'notify-bound', payload, runAt: 1 }]);
    expect(await db('jobs').pluck('kind')).toEqual(['welcome']);
  });

  it('that a released version has taken remain its own until their time limit ends', async () => {
    await db('jobs').insert({ kind: 'welcome', payload: JSON.stringify(payload), run_at: 1, hidden_until: 50 });
    expect(await queue.take(wanted({ time: 49 }))).toEqual([]);
    expect(await queue.take(wanted({ time: 50 }))).toHaveLength(1);
  });

  it('that a released version took while its clock was years ahead are available', async () => {
    await db('jobs').insert({ kind: 'welcome', payload: JSON.stringify(payload), run_at: 1, hidden_until: 1e13 });
    expect(await queue.take(wanted({ time: 5 }))).toHaveLength(1);
  });

  it('of a kind that only newer versions know are not taken', async () => {
    await db('jobs').insert({ kind: 'of-tomorrow', payload: '{}', run_at: 1 });
    expect(await queue.take(wanted({ time: 5 }))).toEqual([]);
    expect(await db('jobs').pluck('kind')).toEqual(['of-tomorrow']);
    expect(await queue.backlog()).toMatchObject([{ kind: 'of-tomorrow', waiting: 1 }]);
  });
});
