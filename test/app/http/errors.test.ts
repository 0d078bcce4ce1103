import { describe, expect, it, onTestFinished } from 'vitest';
import { createExpressApp } from '../../../src/app/http/express-app.js';
import { Mounting } from '../../../src/app/http/endpoints.js';
import { answerErrors } from '../../../src/app/http/errors.js';
import { listen } from '../../../src/app/http/listen.js';
import { requestLog } from '../../../src/app/http/request-log.js';
import { DomainError, type Refusal, domainErrors } from '../../../src/domain/shared/errors.js';
import { RecordingTelemetry } from '../../support/fakes.js';

/** An endpoint `/` with this handler, over HTTP. */
async function answering(handle: (res: { write(text: string): unknown }) => void) {
  const telemetry = new RecordingTelemetry();
  const app = createExpressApp();
  app.use(requestLog(telemetry, true));
  new Mounting(app).mount('', { '/': { GET: (_req, res) => handle(res) } });
  app.use(answerErrors(telemetry));
  const { port, close } = await listen(app, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(0, 0));
  return { telemetry, url: `http://127.0.0.1:${port}/` };
}

async function thrown(error: unknown) {
  const { telemetry, url } = await answering(() => {
    throw error;
  });
  const response = await fetch(url);
  return { telemetry, response, json: (await response.json()) as Record<string, unknown> };
}

describe('errors', () => {
  it.each<[Refusal, number, string]>([
    ['invalid_email', 400, 'M_INVALID_EMAIL'],
    ['invalid_address', 400, 'M_INVALID_ADDRESS'],
    ['invalid_mxid', 400, 'M_INVALID_PARAM'],
    ['invalid_public_key', 400, 'M_INVALID_PARAM'],
    ['medium_unsupported', 400, 'M_UNRECOGNIZED'],
    ['session_unknown', 404, 'M_NO_VALID_SESSION'],
    ['session_expired', 400, 'M_SESSION_EXPIRED'],
    ['session_not_validated', 400, 'M_SESSION_NOT_VALIDATED'],
    ['session_closed', 400, 'M_TOKEN_INCORRECT'],
    ['token_incorrect', 400, 'M_TOKEN_INCORRECT'],
    ['email_not_sent', 400, 'M_EMAIL_SEND_ERROR'],
    ['message_not_sent', 400, 'M_SEND_ERROR'],
    ['destination_rejected', 400, 'M_DESTINATION_REJECTED'],
    ['pepper_unknown', 400, 'M_INVALID_PEPPER'],
    ['algorithm_unknown', 400, 'M_INVALID_PARAM'],
    ['too_many_addresses', 400, 'M_TOO_LARGE'],
    ['threepid_in_use', 400, 'M_THREEPID_IN_USE'],
    ['owner_unclear', 400, 'M_THREEPID_IN_USE'],
    ['owner_unreachable', 503, 'M_UNKNOWN'],
    ['not_signed_in', 401, 'M_UNAUTHORIZED'],
    ['access_token_unknown', 401, 'M_UNKNOWN_TOKEN'],
    ['not_yours', 403, 'M_UNAUTHORIZED'],
    ['sender_not_yours', 403, 'M_FORBIDDEN'],
    ['openid_token_rejected', 401, 'M_UNAUTHORIZED'],
    ['homeserver_mismatch', 401, 'M_UNAUTHORIZED'],
    ['homeserver_invalid', 400, 'M_INVALID_PARAM'],
    ['homeserver_not_allowed', 403, 'M_FORBIDDEN'],
    ['homeserver_failed', 502, 'M_UNKNOWN'],
    ['terms_not_signed', 403, 'M_TERMS_NOT_SIGNED'],
    ['unbind_not_proven', 403, 'M_FORBIDDEN'],
    ['unbind_elsewhere', 400, 'M_INVALID_PARAM'],
    ['invite_unknown', 404, 'M_UNRECOGNIZED'],
    ['limit_exceeded', 429, 'M_LIMIT_EXCEEDED'],
  ])('include %s as %i %s, with its message (G-8, G-12)', async (code, status, errcode) => {
    const { response, json } = await thrown(new DomainError(code));
    expect(response.status).toBe(status);
    expect(json).toEqual({ errcode, error: domainErrors[code] });
  });

  it('contain the details of a refusal, and keep its cause for the log', async () => {
    const cause = new Error('ldaps://10.0.0.7 is away');
    const { telemetry, response, json } = await thrown(
      new DomainError('threepid_in_use', { cause }, { mxid: '@bob:example.org' }),
    );
    expect(json).toEqual({ errcode: 'M_THREEPID_IN_USE', error: expect.any(String), mxid: '@bob:example.org' });
    const id = response.headers.get('x-request-id');
    expect(telemetry.lines).toContainEqual({
      message: 'request refused',
      facts: { id, code: 'threepid_in_use' },
      cause: expect.objectContaining({ cause }),
    });
  });

  it('contain the time to wait, rounded up to seconds (G-14)', async () => {
    const { response, json } = await thrown(new DomainError('limit_exceeded', {}, { retry_after_ms: 1 }));
    expect(json['retry_after_ms']).toBe(1);
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it.each([
    ['an error', new Error('password=hunter2')],
    ['an error of a library with a status of its own', Object.assign(new Error('upstream'), { status: 502 })],
    ['a value that is not an error', 'a text'],
  ])('contain nothing about an internal fault, which is logged in full: %s', async (_case, fault) => {
    const { telemetry, response, json } = await thrown(fault);
    expect(response.status).toBe(500);
    expect(json).toEqual({ errcode: 'M_UNKNOWN', error: 'Internal server error' });
    const id = response.headers.get('x-request-id');
    expect(telemetry.lines).toContainEqual({ message: 'request failed', facts: { id, method: 'GET' }, cause: fault });
    expect(telemetry.events).toContainEqual({ level: 'error', event: 'request_failed' });
  });

  it('after half of a response close the connection', async () => {
    const { url } = await answering((res) => {
      res.write('{"half":');
      throw new Error('gone');
    });
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow(/terminated|fetch failed/);
  });
});
