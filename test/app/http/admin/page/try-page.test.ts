import { describe, expect, it } from 'vitest';
import { tryTexting } from '../../../../../src/adapters/messaging/sms/sms-test.js';
import { GatewayError, type Sms, type SmsGateway } from '../../../../../src/adapters/messaging/sms/gateway.js';
import { adminBrowser } from '../../../../support/admin-browser.js';
import { ADMIN_TOKEN } from '../../../../support/test-app.js';
import { useApp } from '../../../../support/http.js';

describe('a test message on the admin page', () => {
  const tried: string[] = [];
  const app = useApp({
    page: {
      tries: {
        email: async (address) => {
          tried.push(address);
          return [
            { step: 'connect', isFine: true, words: 'relay.example.org:465' },
            { step: 'recipient', isFine: address !== 'nobody@example.org', words: '550 <b>no such user</b>' },
          ];
        },
      },
    },
  });

  it('shows each step, and is in the audit trail', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const sent = await browser.send('/page/try', '/page/try', { address: 'Anna@Example.org' });
    expect(sent.text).toContain('The message was accepted');
    expect(sent.text).toMatch(/connect[^]*relay\.example\.org:465[^]*recipient/);
    expect(tried).toEqual(['anna@example.org']);
    const refused = await browser.send('/page/try', '/page/try', { address: 'nobody@example.org' });
    expect(refused.text).toContain('The message was not sent');
    expect(refused.text).toContain('550 &lt;b&gt;no such user&lt;/b&gt;');
    const { json } = await app.callAdmin('GET', '/audit', { token: ADMIN_TOKEN });
    expect(json.entries.at(-1)).toMatchObject({ action: 'message_tested', by: 'operator anna' });
  });

  it('says what is not configured, and which address is invalid', async () => {
    const browser = await adminBrowser(app).signIn('anna');
    const text = await browser.send('/page/try', '/page/try', { address: '+44 7700 900001' });
    expect(text.text).toContain('No gateway for text messages is configured.');
    expect((await browser.send('/page/try', '/page/try', { address: 'anna' })).status).toBe(400);
  });
});

describe('a test text message', () => {
  const gateway = (name: string, failure?: Error): SmsGateway & { readonly sent: Sms[] } => {
    const sent: Sms[] = [];
    return {
      name,
      sent,
      async send(sms) {
        if (failure) throw failure;
        sent.push(sms);
        return '4711';
      },
    };
  };
  const originators = { default: [{ kind: 'alpha' as const, text: 'Islet' }] };

  it('uses the next gateway only if the first has certainly not accepted it', async () => {
    const [down, next] = [gateway('first', new GatewayError('first', 'refused', false)), gateway('second')];
    const steps = await tryTexting({ gateways: [down, next], originators }, '447700900001', 'Test');
    expect(steps.map(({ step, isFine }) => [step, isFine])).toEqual([
      ['destination', true],
      ['originator', true],
      ['first', false],
      ['second', true],
    ]);
    expect(next.sent).toMatchObject([{ number: '447700900001', text: 'Test' }]);
    const unsure = gateway('first', new GatewayError('first', 'no answer', true));
    const stopped = await tryTexting({ gateways: [unsure, next], originators }, '447700900001', 'Test');
    expect(stopped.at(-1)).toMatchObject({ step: 'first', isFine: false });
    expect(next.sent).toHaveLength(1);
  });

  it('uses no gateway for a number that the rules forbid', async () => {
    const first = gateway('first');
    const steps = await tryTexting({ gateways: [first], originators }, '8816000000', 'Test');
    expect([steps, first.sent]).toEqual([[expect.objectContaining({ step: 'destination', isFine: false })], []]);
  });
});
