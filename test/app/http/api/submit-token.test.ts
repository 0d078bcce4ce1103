import { describe, expect, it } from 'vitest';
import { DAY_MS, type TestApp } from '../../../support/test-app.js';
import { alice } from '../../../support/fakes.js';
import { useApp } from '../../../support/http.js';

const client_secret = 'monkeys_are_GREAT';

/** Opens a session and returns the parameters that prove it. */
async function open(app: TestApp, medium: 'email' | 'msisdn', next_link?: string) {
  const token = await app.signIn(alice);
  const address = medium === 'email' ? { email: 'alice@example.com' } : { phone_number: '+447700900001' };
  const body = { client_secret, send_attempt: 1, next_link, ...address };
  const { json } = await app.call('POST', `/v2/validate/${medium}/requestToken`, { token, body });
  return { sid: json.sid as string, client_secret, token: (medium === 'email' ? app.mails : app.texts).token };
}

const submit = async (app: TestApp, medium: string, proof: object) =>
  app.call('POST', `/v2/validate/${medium}/submitToken`, { token: await app.signIn(alice), body: proof });

const follow = (app: TestApp, medium: string, proof: Record<string, string>, version = 'v2') =>
  app.call('GET', `/${version}/validate/${medium}/submitToken?${new URLSearchParams(proof).toString()}`);

const press = (app: TestApp, medium: string, proof: Record<string, string>) =>
  app.call('POST', `/v2/validate/${medium}/submitToken?confirm=yes`, { body: new URLSearchParams(proof) });

const isValidated = async (app: TestApp, sid: string) =>
  (await app.stores.sessions.get(sid))?.validatedAt !== undefined;

describe.each(['email', 'msisdn'] as const)('submitToken by a program, for %s', (medium) => {
  const app = useApp();

  it('validates, and again for a client that repeats the request (EM-8, EM-15, MS-6)', async () => {
    const proof = await open(app, medium, 'https://app.example.org/');
    for (const { status, json } of [await submit(app, medium, proof), await submit(app, medium, proof)]) {
      expect([status, json]).toEqual([200, { success: true }]);
    }
    expect(await isValidated(app, proof.sid)).toBe(true);
  });

  it.for([
    ['a wrong token', { token: 'wrong' }, 400, 'M_TOKEN_INCORRECT'],
    ['an unknown sid', { sid: 'none' }, 404, 'M_NO_VALID_SESSION'],
    ['a wrong secret', { client_secret: 'apes' }, 404, 'M_NO_VALID_SESSION'],
    ['a malformed secret', { client_secret: 'a b' }, 400, 'M_INVALID_PARAM'],
    ['a malformed sid', { sid: '' }, 400, 'M_INVALID_PARAM'],
    ['no token', { token: undefined }, 400, 'M_MISSING_PARAMS'],
    ['a number as a token', { token: 123456 }, 400, 'M_INVALID_PARAM'],
    ['an overlong token', { token: 'a'.repeat(5_000) }, 400, 'M_INVALID_PARAM'],
  ] as const)('refuses %s and never says 200 (EM-8)', async ([_case, change, status, errcode]) => {
    const proof = await open(app, medium);
    const answer = await submit(app, medium, { ...proof, ...change });
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ errcode, error: expect.any(String) });
    expect(await isValidated(app, proof.sid)).toBe(false);
  });

  it('refuses a token after 24 hours (EM-9)', async () => {
    const proof = await open(app, medium);
    app.clock.pass(DAY_MS + 1);
    const { status, json } = await submit(app, medium, proof);
    expect([status, json.errcode]).toEqual([400, 'M_SESSION_EXPIRED']);
  });

  it('closes the session after five wrong tokens, even for the right one (EM-15)', async () => {
    const proof = await open(app, medium);
    for (let guess = 1; guess <= 5; guess++) {
      expect((await submit(app, medium, { ...proof, token: `wrong${guess}` })).json.errcode).toBe('M_TOKEN_INCORRECT');
    }
    const { status, json } = await submit(app, medium, proof);
    expect([status, json.errcode]).toEqual([400, 'M_TOKEN_INCORRECT']);
    expect(json.error).toMatch(/closed/);
    expect(await isValidated(app, proof.sid)).toBe(false);
  });

  it('closes the session after fifty concurrent wrong tokens (EM-15)', async () => {
    const proof = await open(app, medium);
    const token = await app.signIn(alice);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        app.call('POST', `/v2/validate/${medium}/submitToken`, { token, body: { ...proof, token: `wrong${at}` } }),
      ),
    );
    expect(answers.filter(({ json }) => json.error === 'The token is incorrect')).toHaveLength(5);
    expect(answers.filter(({ json }) => /closed/.test(String(json.error)))).toHaveLength(45);
    expect((await submit(app, medium, proof)).status).toBe(400);
    expect((await follow(app, medium, proof)).status).toBe(200);
    expect((await press(app, medium, proof)).status).toBe(400);
    expect(await isValidated(app, proof.sid)).toBe(false);
  });
});

describe('a link in a mail', () => {
  const app = useApp();

  it('shows a button and validates nothing, however often it is opened (EM-11, EM-12)', async () => {
    const proof = await open(app, 'email');
    for (let visit = 1; visit <= 10; visit++) {
      const { status, headers, text } = await follow(app, 'email', proof);
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(text).toContain('<form method="post" action="?confirm=yes">');
      expect(text).toContain('alice@example.com');
    }
    expect(await isValidated(app, proof.sid)).toBe(false);
  });

  it('keeps its secrets out of caches, frames and the next site', async () => {
    const { headers } = await follow(app, 'email', await open(app, 'email'));
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers.get('content-language')).toBe('en');
  });

  it('validates when the button is pressed, without an access token', async () => {
    const proof = await open(app, 'email');
    const { status, text } = await press(app, 'email', proof);
    expect(status).toBe(200);
    expect(text).toMatch(/confirmed/i);
    expect(await isValidated(app, proof.sid)).toBe(true);
  });

  it('redirects only to the link of the session (EM-11, EM-13)', async () => {
    const proof = await open(app, 'email', 'https://app.example.org/#/register?a=b');
    const page = await follow(app, 'email', {
      ...proof,
      nextLink: 'https://evil.example',
      next_link: 'https://evil.example',
    });
    expect(page.text).not.toContain('evil.example');
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://app.example.org");
    const { status, headers } = await press(app, 'email', { ...proof, next_link: 'https://evil.example' });
    expect(status).toBe(303);
    expect(headers.get('location')).toBe(`https://app.example.org/#/register?a=b&sid=${proof.sid}`);
  });

  it('appends the sid with a question mark if the link has none yet (EM-13)', async () => {
    const { headers } = await press(app, 'email', await open(app, 'email', 'https://app.example.org/done'));
    expect(headers.get('location')).toMatch(/^https:\/\/app\.example\.org\/done\?sid=[0-9a-zA-Z]+$/);
  });

  it.for([
    ['an unknown sid', { sid: 'none' }, 404],
    ['a wrong secret', { client_secret: 'apes' }, 404],
    ['a malformed secret', { client_secret: 'a b' }, 400],
  ] as const)('shows an HTML page for %s, not JSON (EM-11)', async ([_case, change, status]) => {
    const proof = { ...(await open(app, 'email')), ...change };
    for (const answer of [await follow(app, 'email', proof), await press(app, 'email', proof)]) {
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.text).toContain('This link does not work');
    }
  });

  it('shows an error page for a wrong token and for missing parameters (EM-11)', async () => {
    const wrong = await press(app, 'email', { ...(await open(app, 'email')), token: 'wrong' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('This link does not work');
    expect((await follow(app, 'msisdn', {})).status).toBe(400);
  });

  it.for(['?sid=1&client_secret=a&token=%', '?token=%ff', '?brand=a&brand=b', ''])(
    'shows an error page for the broken link %s, too',
    async (query) => {
      const { status, text } = await app.call('GET', `/v2/validate/email/submitToken${query}`);
      expect(status).toBe(400);
      expect(text).toContain('This link does not work');
    },
  );

  it('shows that the session has expired (EM-9)', async () => {
    const proof = await open(app, 'email');
    app.clock.pass(DAY_MS + 1);
    for (const { status, text } of [await follow(app, 'email', proof), await press(app, 'email', proof)]) {
      expect(status).toBe(400);
      expect(text).toContain('This link has expired');
    }
  });

  it('escapes the values in its page', async () => {
    const { text } = await follow(app, 'email', {
      ...(await open(app, 'email')),
      token: '"><script>alert(1)</script>',
    });
    expect(text).not.toContain('<script>');
  });

  it('opens a page in the language of the browser', async () => {
    const query = new URLSearchParams(await open(app, 'email')).toString();
    const { headers } = await app.call('GET', `/v2/validate/email/submitToken?${query}`, {
      headers: { 'accept-language': 'de-CH, en;q=0.5' },
    });
    expect(headers.get('content-language')).toBe('de');
  });

  it('shows the number for a phone, and works over v1 from any network (MS-6, V1-3)', async () => {
    const proof = await open(app, 'msisdn');
    const query = new URLSearchParams(proof).toString();
    const from = { headers: { 'x-forwarded-for': '203.0.113.7' } };
    const { status, text } = await app.call('GET', `/api/v1/validate/msisdn/submitToken?${query}`, from);
    expect(status).toBe(200);
    expect(text).toContain('447700900001');
    const pressed = await app.call('POST', '/api/v1/validate/msisdn/submitToken?confirm=yes', {
      ...from,
      body: new URLSearchParams(proof),
    });
    expect(pressed.status).toBe(200);
    expect(await isValidated(app, proof.sid)).toBe(true);
  });
});

describe('a link in a mail without the confirmation page', () => {
  const app = useApp({ http: { confirmPage: false } });

  it('validates at once (EM-11)', async () => {
    const proof = await open(app, 'email');
    const { status, text } = await follow(app, 'email', proof);
    expect(status).toBe(200);
    expect(text).toMatch(/confirmed/i);
    expect(await isValidated(app, proof.sid)).toBe(true);
  });

  it('redirects at once (EM-11)', async () => {
    const proof = await open(app, 'email', 'https://app.example.org/?a=b');
    const { status, headers } = await follow(app, 'email', proof);
    expect(status).toBe(303);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('location')).toBe(`https://app.example.org/?a=b&sid=${proof.sid}`);
  });

  it('does not validate on HEAD', async () => {
    const proof = await open(app, 'email');
    const { status } = await app.call(
      'HEAD',
      `/v2/validate/email/submitToken?${new URLSearchParams(proof).toString()}`,
    );
    expect(status).toBe(200);
    expect(await isValidated(app, proof.sid)).toBe(false);
  });
});

describe('the page with the button', () => {
  const app = useApp();

  it('shows where the button leads', async () => {
    const proof = await open(app, 'email', 'https://app.example.org/#/welcome');
    expect((await follow(app, 'email', proof)).text).toContain('<strong>app.example.org</strong>');
    app.clock.pass(DAY_MS + 1);
    expect((await follow(app, 'email', await open(app, 'email'))).text).not.toContain('app.example.org');
  });
});
