import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogTelemetry, type LogOptions } from '../../../src/adapters/system/log-telemetry.js';
import { SystemRandom } from '../../../src/adapters/system/system-random.js';
import { randomContract } from '../../contracts/random.contract.js';

randomContract(() => new SystemRandom());

describe('SystemRandom', () => {
  it.each([
    ['text', 62],
    ['digits', 10],
  ] as const)('returns each character of %s equally often', (kind, size) => {
    const drawn = new SystemRandom()[kind](size * 2_000);
    const counts = new Map<string, number>();
    for (const character of drawn) counts.set(character, (counts.get(character) ?? 0) + 1);

    expect(counts.size).toBe(size);
    // Seven standard deviations: once in about 10^11 runs by chance, but always if a byte is taken modulo the alphabet.
    for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(7 * Math.sqrt(2_000));
  });
});

describe('LogTelemetry', () => {
  let opened: LogTelemetry[];
  let stderr: PassThrough;
  beforeEach(() => {
    opened = [];
    stderr = new PassThrough();
  });
  afterEach(() => Promise.all(opened.map((telemetry) => telemetry.close())));

  const open = (options: Partial<LogOptions> = {}, isTTY = false) => {
    const stream = Object.assign(stderr, { isTTY }) as unknown as NodeJS.WriteStream;
    const telemetry = new LogTelemetry({ level: 'info', format: 'json', ...options }, stream);
    opened.push(telemetry);
    return telemetry;
  };
  const written = async (telemetry: LogTelemetry) => {
    await telemetry.close();
    return String(stderr.read() ?? '');
  };
  const objects = async (telemetry: LogTelemetry) =>
    (await written(telemetry))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  describe('as JSON', () => {
    it('writes one object a line', async () => {
      const telemetry = open();
      telemetry.info('the server listens', { port: 8090, tls: false, socket: undefined });
      telemetry.warn('a name\nin two lines', { name: 'a\nb' });

      expect(await objects(telemetry)).toEqual([
        {
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          level: 'info',
          message: 'the server listens',
          port: 8090,
          tls: false,
        },
        { time: expect.any(String), level: 'warn', message: 'a name\nin two lines', name: 'a\nb' },
      ]);
    });

    it('keeps its own fields if facts have the same names', async () => {
      const telemetry = open();
      telemetry.info('truth', { message: 'lie', level: 'error', time: 'never', cause: 'none' });
      expect(await objects(telemetry)).toEqual([
        { time: expect.stringMatching(/^20/), level: 'info', message: 'truth' },
      ]);
    });

    it('logs an error with all its causes', async () => {
      const telemetry = open();
      const root = Object.assign(new Error('getaddrinfo ENOTFOUND hs.internal'), { code: 'ENOTFOUND' });
      telemetry.warn('x', {}, new TypeError('outer', { cause: new Error('inner', { cause: root }) }));

      expect(await objects(telemetry)).toMatchObject([
        {
          cause: {
            name: 'TypeError',
            message: 'outer',
            stack: expect.stringContaining('system.test.ts'),
            cause: { name: 'Error', message: 'inner', cause: { message: root.message, code: 'ENOTFOUND' } },
          },
        },
      ]);
    });

    it('logs all errors of an aggregate', async () => {
      const telemetry = open();
      telemetry.warn('x', {}, new AggregateError([new Error('first'), new Error('second')], 'both'));
      expect(await objects(telemetry)).toMatchObject([
        { cause: { message: 'both', errors: [{ message: 'first' }, { message: 'second' }] } },
      ]);
    });

    it('logs no other properties of an error', async () => {
      const telemetry = open();
      const error = Object.assign(new Error('Request failed'), {
        config: { headers: { Authorization: 'Bearer s3cret' } },
        detail: 'Key (address)=(s3cret@example.org) already exists.',
        rawPacket: Buffer.from('s3cret'),
      });
      telemetry.warn('x', {}, new Error('wrapped', { cause: error }));
      telemetry.warn('x', {}, { token: 's3cret' });
      telemetry.warn('x', {}, error.config);

      expect(await written(telemetry)).not.toContain('s3cret');
    });

    it.each([
      [
        'circular causes',
        () => {
          const error = new Error('round');
          error.cause = error;
          return error;
        },
      ],
      ['null', () => null],
      ['a number', () => 7],
      ['text', () => 'text'],
      ['a symbol', () => Symbol('s')],
      [
        'an error whose properties throw',
        () =>
          Object.defineProperty(new Error(), 'message', {
            get: () => {
              throw new Error('no');
            },
          }),
      ],
    ])('logs %s as the cause', async (_case, make) => {
      const telemetry = open();
      telemetry.warn('still here', {}, make());
      expect(await objects(telemetry)).toMatchObject([
        { message: 'still here', cause: { message: expect.any(String) } },
      ]);
    });
  });

  describe('for terminals', () => {
    const failure = () =>
      new Error('could not reach https://hs:8448: the name cannot be found', {
        cause: Object.assign(new Error('getaddrinfo ENOTFOUND hs'), { code: 'ENOTFOUND' }),
      });

    it('writes a line, and the causes below it', async () => {
      const telemetry = open({ format: 'pretty' });
      telemetry.info('synced', { source: 'staff', added: 3, part: 'ou=people,dc=example' });
      telemetry.warn('a job failed', { kind: 'onbind' }, failure());

      const lines = (await written(telemetry)).split('\n');
      expect(lines[0]).toMatch(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}info {3}synced {2}source=staff {2}added=3 {2}part="ou=people,dc=example"$/,
      );
      expect(lines[1]).toMatch(/warn {3}a job failed {2}kind=onbind$/);
      expect(lines[2]).toBe('  because Error: could not reach https://hs:8448: the name cannot be found');
      expect(lines[3]).toBe('    because Error: getaddrinfo ENOTFOUND hs');
      expect(lines[4]).toMatch(/^ {12}at .*system\.test\.ts/);
    });

    it('escapes line breaks and control characters in untrusted texts', async () => {
      const telemetry = open({ format: 'pretty' });
      telemetry.warn('a\nb', { name: 'c\nd\u001b[2J' }, new Error('e\nf\u001b[2J'));
      const text = await written(telemetry);
      expect(text).not.toContain('\u001b');
      expect(text).not.toMatch(/^[bdf]/m);
    });

    it('uses colour only on a terminal', async () => {
      const telemetry = open({ format: 'pretty' }, true);
      telemetry.warn('careful');
      expect(await written(telemetry)).toContain('\u001b[33mwarn');
    });
  });

  it.each([
    ['error', ['error']],
    ['warn', ['warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['debug', ['debug', 'info', 'warn', 'error']],
  ] as const)('at level %s writes %j', async (level, expected) => {
    const telemetry = open({ level });
    telemetry.debug('one');
    telemetry.info('two');
    telemetry.warn('three');
    telemetry.error('four');
    expect((await objects(telemetry)).map((line) => line['level'])).toEqual(expected);
  });

  it('continues when the reader of the log has closed it', async () => {
    const telemetry = open();
    stderr.destroy(new Error('EPIPE'));
    telemetry.info('into the void');
    await new Promise(setImmediate);
    expect(() => telemetry.info('into the void')).not.toThrow();
  });

  it('logs nothing after it was closed, and closes once', async () => {
    const telemetry = open();
    await telemetry.close();
    telemetry.info('late');
    await telemetry.close();
    expect(stderr.read()).toBeNull();
  });

  describe('in a file', () => {
    let folder: string;
    let file: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'islet-log-'));
      file = join(folder, 'islet.log');
    });
    afterEach(() => rmSync(folder, { recursive: true }));
    const messages = (path: string) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as { message: string }).message);

    it('appends to the file, which only its owner can read', async () => {
      const first = open({ file });
      first.info('one');
      await first.close();
      const second = open({ file });
      second.info('two');
      await second.close();

      expect(messages(file)).toEqual(['one', 'two']);
      expect(statSync(file).mode & 0o007).toBe(0);
      expect(stderr.read()).toBeNull();
    });

    it('is complete when it is closed', async () => {
      const telemetry = open({ file });
      for (let i = 0; i < 5_000; i++) telemetry.info(`line ${i}`);
      await telemetry.close();
      expect(messages(file)).toHaveLength(5_000);
    });

    it('continues in a new file after a rotation', async () => {
      const telemetry = open({ file });
      telemetry.info('before');
      renameSync(file, `${file}.1`);
      telemetry.info('between');
      telemetry.reopen();
      telemetry.info('after');
      await telemetry.close();

      expect(messages(`${file}.1`)).toEqual(['before', 'between']);
      expect(messages(file)).toEqual(['after']);
    });

    it('continues in the old file if no new one can be created', async () => {
      const inner = join(folder, 'inner.log');
      const telemetry = open({ file: inner });
      renameSync(folder, `${folder}.moved`);
      telemetry.reopen();
      telemetry.info('after');
      await telemetry.close();
      renameSync(`${folder}.moved`, folder);

      expect(messages(inner)).toEqual(['log file cannot be reopened; the old one is used', 'after']);
    });

    it('stops the start if it cannot be opened', () => {
      expect(() => open({ file: join(folder, 'no', 'islet.log') })).toThrow(/ENOENT.*islet\.log/);
    });
  });
});
