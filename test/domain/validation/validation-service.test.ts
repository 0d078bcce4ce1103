import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryRateLimits } from '../../../src/adapters/memory/rate-limits.js';
import { MemorySessionStore } from '../../support/memory/session-store.js';
import { DomainError } from '../../../src/domain/shared/errors.js';
import { type QuotaOptions, Quotas } from '../../../src/domain/rate-limiting/quotas.js';
import { ValidationService, type TokenRequest } from '../../../src/domain/validation/validation-service.js';
import { email, msisdn } from '../../../src/domain/identifiers/threepid.js';
import { SESSION_LIFETIME_MS } from '../../../src/domain/validation/validation-session.js';
import { DeliveryError } from '../../../src/ports/message-sender.js';
import { alice, bob, CountingRandom, FakeClock, RecordingSender, RecordingTelemetry } from '../../support/fakes.js';

const HOUR_MS = 3_600_000;

const request: TokenRequest = {
  threepid: email('alice@example.org'),
  clientSecret: 'monkeys_are_GREAT',
  sendAttempt: 1,
  nextLink: 'https://app.example.org/next',
  user: alice,
  client: '192.0.2.1',
  preferences: { brand: 'blue', acceptLanguage: 'de' },
};

const byPhone: TokenRequest = { ...request, threepid: msisdn('492215551234'), callingCode: '49' };

/** A sender whose messages are delivered when the test says so. */
class SlowOutbox extends RecordingSender {
  private readonly inFlight: (() => void)[] = [];

  override async send(...message: Parameters<RecordingSender['send']>): Promise<void> {
    await new Promise<void>((arrive) => this.inFlight.push(arrive));
    await super.send(...message);
  }

  get waiting(): number {
    return this.inFlight.length;
  }

  arrive(): void {
    for (const arrive of this.inFlight.splice(0)) arrive();
  }
}

/** Runs everything that is waiting only for the event loop. */
const settle = () => new Promise(setImmediate);

describe('ValidationService', () => {
  let clock: FakeClock;
  let random: CountingRandom;
  let store: MemorySessionStore;
  let mails: RecordingSender;
  let texts: RecordingSender;
  let validationService: ValidationService;
  let telemetry: RecordingTelemetry;

  const build = (senders: readonly RecordingSender[], quotas: Partial<QuotaOptions> = {}) =>
    new ValidationService(
      {
        store,
        senders,
        quotas: new Quotas(new MemoryRateLimits(clock), { mail: {}, sms: {}, invites: {}, lookup: {}, ...quotas }),
        clock,
        random,
        telemetry,
      },
      {
        tokenLength: 32,
        codeLength: 6,
        maxGuesses: 5,
        linkOf: ({ sid, token }) => `https://id.example.org/validate?sid=${sid}&token=${token}`,
      },
    );

  beforeEach(() => {
    clock = new FakeClock();
    telemetry = new RecordingTelemetry();
    random = new CountingRandom();
    store = new MemorySessionStore();
    mails = new RecordingSender('email');
    texts = new RecordingSender('msisdn');
    validationService = build([mails, texts]);
  });

  it('counts each validated address once, even if the validation is repeated', async () => {
    const sid = await validationService.requestToken(byPhone);
    await validationService.submitToken(sid, request.clientSecret, '0').catch(() => undefined);
    expect(telemetry.counted).toEqual([]);
    for (let i = 0; i < 2; i++) await validationService.submitToken(sid, request.clientSecret, texts.token);
    expect(telemetry.counted).toEqual([{ name: 'validations', labels: { medium: 'msisdn' } }]);
  });

  describe('requestToken', () => {
    it('sends the token with a link and the preferences of the client', async () => {
      const sid = await validationService.requestToken(request);
      const { token } = mails;
      expect(mails.sent).toEqual([
        {
          to: request.threepid,
          message: {
            kind: 'validation',
            id: `${sid} ${token} ${request.sendAttempt}`,
            token,
            link: `https://id.example.org/validate?sid=${sid}&token=${token}`,
            preferences: request.preferences,
          },
        },
      ]);
      expect(texts.sent).toEqual([]);
    });

    it('sends a code of digits to a phone', async () => {
      await validationService.requestToken(byPhone);
      expect(texts.sent).toHaveLength(1);
      expect(texts.token).toMatch(/^\d{6}$/);
      expect(mails.sent).toEqual([]);
    });

    it('mails the folded address, which is the one that will be bound (EM-14)', async () => {
      const sid = await validationService.requestToken({ ...request, threepid: email('Strauß@Example.org') });
      expect(mails.sent[0]?.to.address).toBe('strauss@example.org');

      await validationService.submitToken(sid, request.clientSecret, mails.token);
      expect((await validationService.validated(sid, request.clientSecret)).threepid.address).toBe(
        'strauss@example.org',
      );
    });

    it('answers a repeated attempt with the same session and sends nothing (EM-4)', async () => {
      const first = await validationService.requestToken(request);
      expect(await validationService.requestToken(request)).toBe(first);
      expect(await validationService.requestToken({ ...request, sendAttempt: 0 })).toBe(first);
      expect(mails.sent).toHaveLength(1);
    });

    it('sends for attempt 0, once, because clients may count from there (EM-4)', async () => {
      const first = await validationService.requestToken({ ...request, sendAttempt: 0 });
      expect(await validationService.requestToken({ ...request, sendAttempt: 0 })).toBe(first);
      expect(mails.sent).toHaveLength(1);
      await validationService.requestToken(request);
      expect(mails.sent).toHaveLength(2);
    });

    it('sends the same token again for a higher attempt (EM-4)', async () => {
      const first = await validationService.requestToken(request);
      const { token } = mails;
      expect(await validationService.requestToken({ ...request, sendAttempt: 7 })).toBe(first);
      expect(mails.sent).toHaveLength(2);
      expect(mails.token).toBe(token);

      await validationService.requestToken({ ...request, sendAttempt: 6 });
      expect(mails.sent).toHaveLength(2);
    });

    it('finds the session again in any spelling of the address (EM-14)', async () => {
      const first = await validationService.requestToken({ ...request, threepid: email('Strauß@example.org') });
      expect(await validationService.requestToken({ ...request, threepid: email('STRAUSS@example.org') })).toBe(first);
      expect(mails.sent).toHaveLength(1);
    });

    it.each([
      ['another client secret', { clientSecret: 'apes' }],
      ['another address', { threepid: email('bob@example.org') }],
      ['another medium', { threepid: byPhone.threepid }],
    ])('opens a separate session for %s', async (_case, other) => {
      const first = await validationService.requestToken(request);
      expect(await validationService.requestToken({ ...request, ...other })).not.toBe(first);
      expect(mails.sent.length + texts.sent.length).toBe(2);
    });

    it('sends once if an attempt is repeated before it is finished', async () => {
      const slow = new SlowOutbox('email');
      validationService = build([slow]);
      const repeats = [1, 2, 3].map(() => validationService.requestToken(request));
      await settle();
      expect(slow.waiting).toBe(1);
      slow.arrive();

      const sids = await Promise.all(repeats);
      expect(new Set(sids).size).toBe(1);
      expect(slow.sent).toHaveLength(1);
    });

    it('sends once if the same attempt reaches several instances, and the next one tries after a failure', async () => {
      const slow = new SlowOutbox('email');
      const instances = [1, 2, 3].map(() => build([slow]));
      slow.failure = new DeliveryError('mail server relay.example.org:25', 'said: 451 try later');
      const asked = instances.map((instance) => instance.requestToken(request).catch((error: unknown) => error));
      await settle();
      expect(slow.waiting).toBe(1);
      slow.arrive();
      await settle();
      slow.failure = undefined;
      expect(slow.waiting).toBe(1);
      slow.arrive();
      const outcomes = await Promise.all(asked);
      expect(outcomes.filter((outcome) => typeof outcome === 'string')).toHaveLength(2);
      expect(new Set(outcomes).size).toBe(2);
      expect(slow.sent).toHaveLength(1);
    });

    it('sends again, after the first message, for a higher attempt that arrives meanwhile', async () => {
      const slow = new SlowOutbox('email');
      validationService = build([slow]);
      const answers = [request, { ...request, sendAttempt: 2 }].map((tokenRequest) =>
        validationService.requestToken(tokenRequest),
      );
      await settle();
      expect(slow.waiting).toBe(1);
      slow.arrive();
      await settle();
      slow.arrive();
      await Promise.all(answers);
      expect(slow.sent).toHaveLength(2);
    });

    it('does not make one session wait for another', async () => {
      const slow = new SlowOutbox('email');
      validationService = build([slow]);
      const answers = [request, { ...request, clientSecret: 'apes' }].map((tokenRequest) =>
        validationService.requestToken(tokenRequest),
      );
      await settle();
      expect(slow.waiting).toBe(2);
      slow.arrive();
      await Promise.all(answers);
    });

    it.each([
      ['mail', request, 'email_not_sent'],
      ['text message', byPhone, 'message_not_sent'],
    ])(
      'reports that a %s could not be sent, and lets the same attempt be repeated',
      async (_case, tokenRequest, code) => {
        const box = tokenRequest === request ? mails : texts;
        box.failure = new DeliveryError('mail server relay.example.org:25', 'said: 451 try later');
        await expect(validationService.requestToken(tokenRequest)).rejects.toMatchObject({ code, cause: box.failure });

        box.failure = undefined;
        const sid = await validationService.requestToken(tokenRequest);
        expect(box.sent).toHaveLength(1);
        await validationService.submitToken(sid, tokenRequest.clientSecret, box.token);
      },
    );

    it('sends for a repeat that waited for an attempt that failed', async () => {
      const slow = new SlowOutbox('email');
      validationService = build([slow]);
      slow.failure = new DeliveryError('mail server relay.example.org:25', 'said: 451 try later');
      const [first, repeat] = [validationService.requestToken(request), validationService.requestToken(request)];
      const refused = first.catch((error: unknown) => error);
      await settle();
      slow.arrive();
      expect(await refused).toMatchObject({ code: 'email_not_sent' });
      slow.failure = undefined;
      await settle();
      slow.arrive();
      await repeat;
      expect(slow.sent).toHaveLength(1);
    });

    it('reports that the sender rejects a destination', async () => {
      texts.failure = new DomainError('destination_rejected');
      await expect(validationService.requestToken(byPhone)).rejects.toBe(texts.failure);
    });

    it.each([
      ['mail', request, 'email_not_sent'],
      ['texts', byPhone, 'destination_rejected'],
    ])('refuses if no sender for %s is configured', async (_case, tokenRequest, code) => {
      validationService = build([]);
      await expect(validationService.requestToken(tokenRequest)).rejects.toMatchObject({ code });
    });

    it('keeps a validation that arrives while a message is being sent', async () => {
      const slow = new SlowOutbox('email');
      await validationService.requestToken(request);
      const { token } = mails;
      validationService = build([slow]);
      const again = validationService.requestToken({ ...request, sendAttempt: 2 });
      await settle();
      const sid = (await store.find(request.threepid, request.clientSecret))?.sid ?? '';
      await validationService.submitToken(sid, request.clientSecret, token);
      slow.arrive();
      await again;
      expect(await validationService.validated(sid, request.clientSecret)).toMatchObject({ validatedAt: clock.now() });
    });
  });

  describe('limits', () => {
    const hourly = (amount: number) => ({ amount, windowMs: HOUR_MS });

    it.each<[string, Partial<QuotaOptions>, TokenRequest, Partial<TokenRequest>, Partial<TokenRequest>]>([
      [
        'an address',
        { mail: { perAddress: hourly(1) } },
        request,
        { user: bob, client: '192.0.2.2' },
        { threepid: email('b@example.org') },
      ],
      ['a user', { mail: { perUser: hourly(1) } }, request, { threepid: email('b@example.org') }, { user: bob }],
      [
        'a client',
        { mail: { perClient: hourly(1) } },
        request,
        { threepid: email('b@example.org'), user: bob },
        { client: '192.0.2.2' },
      ],
      [
        'a mailbox, however its domain is spelled',
        { mail: { perAddress: hourly(1) } },
        { ...request, threepid: email('a@bücher.example') },
        { threepid: email('a@xn--bcher-kva.example'), user: bob },
        { threepid: email('b@bücher.example') },
      ],
      ['a number', { sms: { perNumber: hourly(1) } }, byPhone, { user: bob }, { threepid: msisdn('492215550000') }],
      [
        'a user who requests text messages',
        { sms: { perUser: hourly(1) } },
        byPhone,
        { threepid: msisdn('492215550000') },
        { user: bob },
      ],
      [
        'a country',
        { sms: { perCountry: hourly(1) } },
        byPhone,
        { threepid: msisdn('492215550000'), user: bob },
        { callingCode: '44' },
      ],
      [
        'a homeserver',
        { mail: { perHomeserver: hourly(1) } },
        request,
        { threepid: email('b@example.org'), user: bob },
        { user: '@alice:other.example' as const },
      ],
      [
        'a homeserver whose users request text messages',
        { sms: { perHomeserver: hourly(1) } },
        byPhone,
        { threepid: msisdn('492215550000'), user: bob },
        { user: '@alice:other.example' as const },
      ],
      [
        'a homeserver in one country',
        { sms: { perCountryAndHomeserver: hourly(1), perCountry: hourly(3) } },
        byPhone,
        { threepid: msisdn('492215550000'), user: bob },
        { user: '@alice:other.example' as const },
      ],
      [
        'a client that requests text messages without a user',
        { sms: { perClient: hourly(1), perUser: hourly(1) } },
        { ...byPhone, user: undefined },
        { threepid: msisdn('492215550000') },
        { client: '192.0.2.2' },
      ],
    ])('apply to %s, and not to others', async (_case, quotas, tokenRequest, again, other) => {
      validationService = build([mails, texts], quotas);
      await validationService.requestToken({ ...tokenRequest, clientSecret: 'a' });
      const repeat = { ...tokenRequest, ...again, clientSecret: 'b' };
      await expect(validationService.requestToken(repeat)).rejects.toMatchObject({
        code: 'limit_exceeded',
        details: { retry_after_ms: HOUR_MS },
      });
      expect(mails.sent.length + texts.sent.length).toBe(1);
      await validationService.requestToken({ ...tokenRequest, ...other, clientSecret: 'c' });

      clock.pass(HOUR_MS);
      await validationService.requestToken(repeat);
      expect(mails.sent.length + texts.sent.length).toBe(3);
    });

    it('store nothing for a refused request, however often it is repeated', async () => {
      validationService = build([mails, texts], { mail: { perUser: hourly(1) }, sms: { perUser: hourly(1) } });
      for (const tokenRequest of [request, byPhone]) {
        await validationService.requestToken(tokenRequest);
        for (let i = 0; i < 20; i++) {
          const threepid = tokenRequest === byPhone ? msisdn(`4922155500${i + 10}`) : email(`m${i}@example.org`);
          const refused = { ...tokenRequest, threepid, clientSecret: `secret${i}` };
          await expect(validationService.requestToken(refused)).rejects.toMatchObject({ code: 'limit_exceeded' });
          expect(await store.find(threepid, refused.clientSecret)).toBeUndefined();
        }
      }
    });

    it('leave the session of a refused request as it was, even if it has expired', async () => {
      validationService = build([mails], { mail: { perUser: hourly(1) } });
      const sid = await validationService.requestToken(request);
      clock.pass(SESSION_LIFETIME_MS + HOUR_MS);
      await validationService.requestToken({ ...request, clientSecret: 'other' });
      await expect(validationService.requestToken({ ...request, sendAttempt: 2 })).rejects.toMatchObject({
        code: 'limit_exceeded',
      });
      expect((await store.find(request.threepid, request.clientSecret))?.sid).toBe(sid);
    });

    it('do not count a request for a number to which nothing is sent', async () => {
      const home = new RecordingSender('msisdn');
      Object.assign(home, { sendsTo: ({ address }: { address: string }) => address.startsWith('49') });
      validationService = build([home], { sms: { perUser: hourly(1), perNumber: hourly(1), perCountry: hourly(1) } });
      const abroad = { ...byPhone, threepid: msisdn('447700900123'), callingCode: '49', user: bob };
      for (let i = 0; i < 3; i++) {
        await expect(validationService.requestToken(abroad)).rejects.toMatchObject({ code: 'destination_rejected' });
      }
      await validationService.requestToken({ ...byPhone, threepid: msisdn('492215550000'), user: bob });
      expect(home.sent).toHaveLength(1);
    });

    it('do not count a repeat that sends nothing', async () => {
      validationService = build([mails], { mail: { perAddress: hourly(2) } });
      for (let i = 0; i < 5; i++) await validationService.requestToken(request);
      await validationService.requestToken({ ...request, sendAttempt: 2 });
      expect(mails.sent).toHaveLength(2);
    });

    it.each<[string, Partial<QuotaOptions>, TokenRequest]>([
      ['an address', { mail: { perUser: hourly(1), perAddress: hourly(1) } }, request],
      ['a number', { sms: { perUser: hourly(1), perNumber: hourly(1) } }, byPhone],
    ])('of %s do not count requests of a user who is over their own limit', async (_case, quotas, tokenRequest) => {
      validationService = build([mails, texts], quotas);
      const other = tokenRequest === request ? email('b@example.org') : msisdn('492215550000');
      await validationService.requestToken({ ...tokenRequest, threepid: other, user: bob });
      await expect(validationService.requestToken({ ...tokenRequest, user: bob })).rejects.toThrow(DomainError);
      await validationService.requestToken({ ...tokenRequest, user: alice });
    });
  });

  describe('submitToken', () => {
    it('validates the session, once, and returns the time of validation (EM-15)', async () => {
      const sid = await validationService.requestToken(request);
      clock.pass(1_000);
      const validated = await validationService.submitToken(sid, request.clientSecret, mails.token);
      expect(validated).toMatchObject({ sid, threepid: request.threepid, validatedAt: clock.now() });

      clock.pass(1_000);
      expect(await validationService.submitToken(sid, request.clientSecret, mails.token)).toEqual(validated);
      expect(await validationService.validated(sid, request.clientSecret)).toEqual(validated);
    });

    it('returns the next link of the session, the one that was delivered last (EM-13)', async () => {
      const sid = await validationService.requestToken(request);
      expect(await validationService.submitToken(sid, request.clientSecret, mails.token)).toMatchObject({
        nextLink: 'https://app.example.org/next',
      });

      await validationService.requestToken({ ...request, nextLink: 'https://evil.example/' });
      expect(await validationService.submitToken(sid, request.clientSecret, mails.token)).toMatchObject({
        nextLink: 'https://app.example.org/next',
      });

      await validationService.requestToken({ ...request, sendAttempt: 2, nextLink: undefined });
      const { nextLink } = await validationService.submitToken(sid, request.clientSecret, mails.token);
      expect(nextLink).toBeUndefined();
    });

    it.each([
      ['an unknown sid', { sid: 'nope' }, 'session_unknown'],
      ['a wrong client secret', { clientSecret: 'apes' }, 'session_unknown'],
      ['an empty client secret', { clientSecret: '' }, 'session_unknown'],
      ['a wrong token', { token: 'nope' }, 'token_incorrect'],
      ['an empty token', { token: '' }, 'token_incorrect'],
    ])('refuses %s', async (_case, wrong, code) => {
      const sid = await validationService.requestToken(request);
      const right = { sid, clientSecret: request.clientSecret, token: mails.token };
      const given = { ...right, ...wrong };
      await expect(validationService.submitToken(given.sid, given.clientSecret, given.token)).rejects.toMatchObject({
        code,
      });
      await expect(validationService.validated(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_not_validated',
      });
    });

    it('refuses the token of another session', async () => {
      const sid = await validationService.requestToken(request);
      await validationService.requestToken({ ...request, clientSecret: 'apes' });
      await expect(validationService.submitToken(sid, request.clientSecret, mails.token)).rejects.toMatchObject({
        code: 'token_incorrect',
      });
    });

    it('closes a session after too many wrong tokens, even for the right one (EM-15)', async () => {
      const sid = await validationService.requestToken(request);
      for (let i = 0; i < 5; i++) {
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toMatchObject({
          code: 'token_incorrect',
        });
      }
      await expect(validationService.submitToken(sid, request.clientSecret, mails.token)).rejects.toMatchObject({
        code: 'session_closed',
      });
      await expect(validationService.validated(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_not_validated',
      });
    });

    it('opens a closed session again with a new token when one is requested, and allows as many attempts', async () => {
      const sid = await validationService.requestToken(request);
      const former = mails.token;
      for (let i = 0; i < 6; i++)
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toThrow(DomainError);
      await validationService.requestToken(request);
      expect(mails.sent).toHaveLength(1);

      expect(await validationService.requestToken({ ...request, sendAttempt: 2 })).toBe(sid);
      expect(mails.token).not.toBe(former);
      await expect(validationService.submitToken(sid, request.clientSecret, former)).rejects.toMatchObject({
        code: 'token_incorrect',
      });
      for (let i = 0; i < 3; i++)
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toThrow(DomainError);
      expect((await validationService.submitToken(sid, request.clientSecret, mails.token)).sid).toBe(sid);
    });

    it('keeps the token of a session that is not closed', async () => {
      const sid = await validationService.requestToken(request);
      const former = mails.token;
      for (let i = 0; i < 4; i++)
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toThrow(DomainError);
      await validationService.requestToken({ ...request, sendAttempt: 2 });
      expect(mails.token).toBe(former);
    });

    it('accepts the right token at the last allowed attempt', async () => {
      const sid = await validationService.requestToken(request);
      for (let i = 0; i < 4; i++)
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toThrow(DomainError);
      await validationService.submitToken(sid, request.clientSecret, mails.token);
    });

    it('counts wrong tokens that arrive at the same time', async () => {
      const sid = await validationService.requestToken(byPhone);
      const guesses = Array.from({ length: 50 }, (_, i) =>
        validationService.submitToken(sid, byPhone.clientSecret, `9${i}`),
      );
      const right = validationService.submitToken(sid, byPhone.clientSecret, texts.token);
      const reasons = (await Promise.allSettled(guesses)).map(
        (result) => result.status === 'rejected' && (result.reason as DomainError).code,
      );
      expect(reasons.filter((reason) => reason === 'token_incorrect')).toHaveLength(5);
      expect(reasons.filter((reason) => reason === 'session_closed')).toHaveLength(45);
      await expect(right).rejects.toMatchObject({ code: 'session_closed' });
    });

    it('does not close a session for requests without its client secret', async () => {
      const sid = await validationService.requestToken(request);
      for (let i = 0; i < 20; i++)
        await expect(validationService.submitToken(sid, 'apes', 'nope')).rejects.toThrow(DomainError);
      await validationService.submitToken(sid, request.clientSecret, mails.token);
    });

    it('leaves a validated session open, whatever tokens follow', async () => {
      const sid = await validationService.requestToken(request);
      await validationService.submitToken(sid, request.clientSecret, mails.token);
      for (let i = 0; i < 20; i++) {
        await expect(validationService.submitToken(sid, request.clientSecret, 'nope')).rejects.toMatchObject({
          code: 'token_incorrect',
        });
      }
      await validationService.submitToken(sid, request.clientSecret, mails.token);
    });
  });

  describe('the life of a session (EM-9)', () => {
    it('is 24 hours from its opening', async () => {
      const sid = await validationService.requestToken(request);
      clock.pass(SESSION_LIFETIME_MS);
      await validationService.live(sid, request.clientSecret);
      clock.pass(1);
      await expect(validationService.live(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_expired',
      });
      await expect(validationService.submitToken(sid, request.clientSecret, mails.token)).rejects.toMatchObject({
        code: 'session_expired',
      });
    });

    it('is 24 hours from its validation', async () => {
      const sid = await validationService.requestToken(request);
      clock.pass(SESSION_LIFETIME_MS);
      await validationService.submitToken(sid, request.clientSecret, mails.token);
      clock.pass(SESSION_LIFETIME_MS);
      await validationService.validated(sid, request.clientSecret);
      clock.pass(1);
      await expect(validationService.validated(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_expired',
      });
    });

    it('is not prolonged by another message or another submission', async () => {
      const sid = await validationService.requestToken(request);
      await validationService.submitToken(sid, request.clientSecret, mails.token);
      clock.pass(SESSION_LIFETIME_MS);
      await validationService.requestToken({ ...request, sendAttempt: 2 });
      await validationService.submitToken(sid, request.clientSecret, mails.token);
      clock.pass(1);
      await expect(validationService.validated(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_expired',
      });
    });

    it('ends with another session of the same address and client secret', async () => {
      const first = await validationService.requestToken(request);
      const { token } = mails;
      clock.pass(SESSION_LIFETIME_MS + 1);
      const second = await validationService.requestToken(request);
      expect(second).not.toBe(first);
      expect(mails.sent).toHaveLength(2);
      expect(mails.token).not.toBe(token);
      await expect(validationService.submitToken(second, request.clientSecret, token)).rejects.toMatchObject({
        code: 'token_incorrect',
      });
    });

    it('has an end that is hidden from clients without the client secret', async () => {
      const sid = await validationService.requestToken(request);
      clock.pass(SESSION_LIFETIME_MS + 1);
      await expect(validationService.live(sid, 'apes')).rejects.toMatchObject({ code: 'session_unknown' });
    });

    it('is reported as expired for a while after its end, then as unknown', async () => {
      const sid = await validationService.requestToken(request);
      clock.pass(5 * SESSION_LIFETIME_MS);
      await validationService.purge();
      await expect(validationService.live(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_expired',
      });
      clock.pass(1);
      await validationService.purge();
      await expect(validationService.live(sid, request.clientSecret)).rejects.toMatchObject({
        code: 'session_unknown',
      });
    });
  });
});
