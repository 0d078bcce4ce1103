import type { HttpClient } from '../../../ports/http-client.js';
import { type RotatingSecret, withNewestSecrets } from '../../shared/rotating-secret.js';
import { declined, unanswered, type Sms, type SmsGateway } from './gateway.js';

export interface OpenMarketOptions {
  readonly url: string;
  readonly username: string;
  readonly password: RotatingSecret;
  readonly timeLimitMs: number;
}

export const OPEN_MARKET_URL = 'https://smsc.openmarket.com/sms/v4/mt';

/** "Type of number" */
const TON = { long: 1, short: 3, alpha: 5 };

/** OpenMarket's "SMS v4" HTTP API, JSON form. */
export class OpenMarketGateway implements SmsGateway {
  readonly name = 'text message gateway OpenMarket';

  constructor(
    private readonly options: OpenMarketOptions,
    private readonly http: HttpClient,
  ) {}

  async send({ number, originator, text }: Sms): Promise<string | undefined> {
    const { url, username, password, timeLimitMs } = this.options;
    const message = {
      mobileTerminate: {
        message: { content: text, type: 'text' },
        destination: { address: number },
        source: { ton: TON[originator.kind], address: originator.text },
      },
    };
    const send = () =>
      this.http.request({
        method: 'POST',
        url,
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${Buffer.from(`${username}:${password.value}`).toString('base64')}`,
        },
        body: JSON.stringify(message),
        timeLimitMs,
        maxBytes: 64 * 1024,
        chosenBy: 'operator',
      });
    const response = await withNewestSecrets([password], send).catch((error: unknown) => {
      throw unanswered(this.name, error);
    });
    if (response.status < 200 || response.status > 299) throw declined(this.name, response);
    return /\/([\w-]{1,100})\/?$/.exec(response.headers.location ?? '')?.[1];
  }
}
