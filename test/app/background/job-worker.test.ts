import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DestinationDownError, type JobHandlers, PermanentJobError } from '../../../src/app/background/job-handler.js';
import { JobWorker } from '../../../src/app/background/job-worker.js';
import type { NewJob } from '../../../src/domain/jobs/job.js';
import { RecordingTelemetry } from '../../support/fakes.js';
import { MemoryJobQueue } from '../../support/memory/job-queue.js';
import { readAll } from '../../contracts/stores.js';
import { wanted } from '../../support/jobs.js';

const clock = { now: () => Date.now() };

const onbind = (homeserver: string, runAt = 0): NewJob<'onbind'> => ({
  kind: 'onbind',
  payload: { medium: 'email', address: 'anna@example.org', mxid: `@anna:${homeserver}`, invite: null },
  runAt,
});
const mail = (address: string, runAt = 0): NewJob<'invite-mail'> => ({
  kind: 'invite-mail',
  payload: {
    address,
    link: 'https://app.example.org/',
    sender: '@bob:example.org',
    brand: null,
    acceptLanguage: null,
    senderDisplayName: null,
    roomName: null,
    roomAlias: null,
    roomAvatarUrl: null,
    roomType: null,
  },
  runAt,
});

const newest = async (queue: MemoryJobQueue) => (await readAll(queue.list('onbind'))).at(-1);

describe('the job worker', () => {
  let queue: MemoryJobQueue;
  let telemetry: RecordingTelemetry;
  /** The started jobs, as `<homeserver or address>`, and when they started, ms since the beginning. */
  let begun: [string, number][];
  let ended: string[];
  let workers: JobWorker[];
  let behaviour: (destination: string) => Promise<void>;
  let startedAt: number;

  beforeEach(() => {
    vi.useFakeTimers();
    startedAt = Date.now();
    queue = new MemoryJobQueue();
    telemetry = new RecordingTelemetry();
    [begun, ended, workers] = [[], [], []];
    behaviour = async () => undefined;
  });
  afterEach(async () => {
    const closed = Promise.all(workers.map((worker) => worker.close()));
    await vi.advanceTimersByTimeAsync(30_000);
    await closed;
    vi.useRealTimers();
  });

  const handle = async (destination: string) => {
    begun.push([destination, Date.now() - startedAt]);
    await behaviour(destination);
    ended.push(destination);
  };
  const givenUp: string[] = [];
  const handlers: JobHandlers = {
    'notify-bound': { run: async () => undefined },
    onbind: {
      run: ({ mxid }) => handle(mxid.replace('@anna:', '')),
      giveUp: async ({ mxid }, reason) => void givenUp.push(`${mxid} ${reason}`),
    },
    'invite-mail': { run: ({ address }) => handle(address) },
    'invite-digest': { run: ({ address }) => handle(address) },
  };
  const open = (holder = 'one/1') => {
    const worker = new JobWorker({ queue, handlers, clock, telemetry, holder });
    workers.push(worker);
    return worker;
  };
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const begunAt = (destination: string) => begun.filter(([name]) => name === destination).map(([, at]) => at);

  const silentFor = (ms: number) => () =>
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new DestinationDownError('no answer')), ms);
    });

  it('sends a new mail and a notification for a working homeserver within 2 s, whatever waits for unreachable ones', async () => {
    behaviour = (name) => (name.startsWith('dead') ? silentFor(20_000)() : Promise.resolve());
    await queue.add(Array.from({ length: 1_000 }, (_, at) => onbind(`dead${at}.org`)));
    await queue.add(Array.from({ length: 100 }, () => onbind('dead.org')));
    open();
    for (let round = 0; round < 5; round++) {
      await pass(3_000);
      const since = Date.now() - startedAt;
      await queue.add([mail(`mail${round}`, Date.now()), onbind(`alive${round}.org`, Date.now())]);
      await pass(2_000);
      for (const name of [`mail${round}`, `alive${round}.org`]) {
        expect(begunAt(name)).toHaveLength(1);
        expect((begunAt(name)[0] ?? Infinity) - since).toBeLessThanOrEqual(2_000);
      }
    }
    expect(telemetry.all('job failed, will be retried').length).toBeGreaterThan(0);
  });

  it('runs no more jobs of one destination at once than allowed, and one at a time for a destination that failed', async () => {
    let [now, most] = [0, 0];
    behaviour = async () => {
      most = Math.max(most, ++now);
      await silentFor(5_000)().finally(() => now--);
    };
    await queue.add(Array.from({ length: 50 }, () => onbind('dead.org')));
    open();
    await pass(4_900);
    expect(most).toBe(4);
    await pass(5_100);
    most = 0;
    await pass(120_000);
    expect(most).toBe(1);
    // Pauses of 5, 10, 20, 40 and 80 s, each with one job that is tried.
    expect(begun.length).toBeLessThan(12);
  });

  it('runs everything that waited for a destination once it works again', async () => {
    behaviour = silentFor(100);
    await queue.add(Array.from({ length: 50 }, () => onbind('back.org')));
    open();
    await pass(20_000);
    behaviour = async () => undefined;
    await pass(60_000);
    expect(ended).toHaveLength(50);
    expect(await queue.backlog()).toEqual([]);
  });

  it('does not delay other jobs for a homeserver because one of them fails', async () => {
    let isFirst = true;
    behaviour = async () => {
      if (isFirst) {
        isFirst = false;
        throw new Error('You are not invited to this room');
      }
    };
    await queue.add([onbind('example.org'), onbind('example.org'), onbind('example.org')]);
    open();
    await pass(1_000);
    expect(ended).toHaveLength(2);
    await pass(6_000);
    expect(ended).toHaveLength(3);
  });

  it('retries for days with growing pauses, then gives up and logs the consequences', async () => {
    behaviour = async () => {
      throw new Error('not yet');
    };
    await queue.add([onbind('example.org')]);
    open();
    await pass(60_000);
    expect(begunAt('example.org').map((at) => Math.round(at / 1_000))).toEqual([0, 5, 15, 35]);
    expect(await newest(queue)).toMatchObject({ attempts: 4, failure: 'not yet' });
    await workers.splice(0)[0]?.close();

    // Some days later.
    for (let attempts = 4; attempts < 179; attempts++) {
      await queue.take(wanted({ time: Date.now() + 60_000, attempt: 'later' }));
      await queue.retry((await newest(queue))?.id ?? '', 'test/1', Date.now(), 'not yet');
    }
    expect(givenUp).toEqual([]);
    open();
    await pass(1_000);
    expect(givenUp).toEqual(['@anna:example.org not yet']);
    expect(await queue.backlog()).toEqual([]);
  });

  it('starts new jobs at once, and logs failure and recovery of the mail server once each', async () => {
    open();
    await pass(1_500);
    await queue.add([mail('first', Date.now())]);
    await pass(10);
    expect(begunAt('first')).toEqual([1_510]);

    behaviour = async () => Promise.reject(new DestinationDownError('does not let us send'));
    await queue.add([mail('second', Date.now()), mail('third', Date.now()), onbind('dead.org', Date.now())]);
    await pass(10 * 60_000);
    expect(telemetry.events.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', event: 'destination_down' },
    ]);

    behaviour = async () => undefined;
    await pass(10 * 60_000);
    expect(ended).toEqual(expect.arrayContaining(['second', 'third']));
    expect(telemetry.all('destination is available again')).toHaveLength(1);
  });

  it('asks the queue only when there may be a job', async () => {
    let asked = 0;
    const take = queue.take.bind(queue);
    queue.take = (request) => {
      asked++;
      return take(request);
    };
    behaviour = () => new Promise((resolve) => setTimeout(resolve, 10));
    open();
    await pass(500);
    asked = 0;
    for (let number = 0; number < 20; number++) {
      await queue.add([mail(`guest${number}`, Date.now())]);
      await pass(20);
    }
    expect(ended).toHaveLength(20);
    expect(asked).toBeLessThanOrEqual(20);

    asked = 0;
    for (let number = 0; number < 20; number++) await queue.add([onbind(`${number}.example.org`, Date.now())]);
    await pass(50);
    expect(ended).toHaveLength(40);
    expect(asked).toBeLessThanOrEqual(3);

    asked = 0;
    await queue.add(Array.from({ length: 40 }, (_, number) => mail(`more${number}`, Date.now())));
    await pass(200);
    expect(ended).toHaveLength(80);
    expect(asked).toBeLessThanOrEqual(20);
  });

  it('does not count it as a failed attempt if the result of a job cannot be stored', async () => {
    await queue.add([onbind('example.org')]);
    const remove = queue.remove.bind(queue);
    queue.remove = async () => {
      throw new Error('the database is gone');
    };
    open();
    await pass(100);
    expect(telemetry.all('result of a job could not be stored')).toHaveLength(1);
    expect(telemetry.all('job failed, will be retried')).toEqual([]);
    expect(await newest(queue)).toMatchObject({ attempts: 0, failure: undefined });
    queue.remove = remove;
    await pass(10_000);
    expect(await queue.backlog()).toEqual([]);
  });

  it('drops jobs that can never succeed', async () => {
    behaviour = async () => {
      throw new PermanentJobError('refused');
    };
    await queue.add([onbind('example.org')]);
    open();
    await pass(10);
    expect(await queue.backlog()).toEqual([]);
    expect(telemetry.all('job failed permanently')).toHaveLength(1);
  });

  it('resumes at once the jobs that it had before it was restarted', async () => {
    behaviour = silentFor(60_000);
    await queue.add([mail('a')]);
    const [job] = await queue.take(wanted({ time: 0, holder: 'one/0' }));
    expect(job).toBeDefined();
    open('one/1');
    await pass(1_100);
    expect(begunAt('a')).toHaveLength(1);
  });

  it('takes over the jobs of a killed instance within 15 s, but not those of a slow one', async () => {
    behaviour = silentFor(300_000);
    await queue.add([mail('slow')]);
    open('slow/1');
    await pass(500);
    // Before any other instance notices it.
    await Promise.all([queue.add([mail('of the dead')]), queue.take(wanted({ time: Date.now(), holder: 'dead/1' }))]);
    behaviour = async () => undefined;
    open('other/1');
    await pass(9_000);
    expect(begunAt('of the dead')).toEqual([]);
    await pass(6_000);
    expect(begunAt('of the dead')).toHaveLength(1);
    await pass(100_000);
    expect(begunAt('slow')).toHaveLength(1);
  });

  it('starts no job once it is closed, lets a mail end and requeues unfinished jobs', async () => {
    behaviour = (name) =>
      name === 'mail' ? new Promise((resolve) => setTimeout(resolve, 15_000)) : new Promise(() => {});
    await queue.add([mail('mail'), onbind('dead.org')]);
    const worker = open();
    await pass(100);
    let isClosed = false;
    void worker.close().then(() => {
      isClosed = true;
    });
    await queue.add([mail('late'), onbind('late.org')]);
    await pass(14_000);
    expect(isClosed).toBe(false);
    await pass(1_500);
    expect(isClosed).toBe(true);
    expect(ended).toEqual(['mail']);
    expect(begun.map(([name]) => name)).toEqual(['mail', 'dead.org']);
    expect(await queue.leases()).toEqual([]);
    expect(await queue.backlog()).toMatchObject([
      { kind: 'invite-mail', waiting: 1 },
      { kind: 'onbind', waiting: 2, retried: 0 },
    ]);
  });
});
