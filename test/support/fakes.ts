import { Refused } from '../../src/domain/errors.js';
import type { Mxid } from '../../src/domain/mxid.js';
import type { Medium, Threepid } from '../../src/domain/threepid.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Homeservers } from '../../src/ports/homeservers.js';
import type { Random } from '../../src/ports/random.js';
import type { Message, Sender } from '../../src/ports/sender.js';
import type { Facts, Telemetry } from '../../src/ports/telemetry.js';

/** Stands still until it is told otherwise. */
export class FakeClock implements Clock {
  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  pass(ms: number): void {
    this.time += ms;
  }
}

/** `text1`, `text2`, …, and digits that count likewise. */
export class CountingRandom implements Random {
  private count = 0;

  text(_length: number): string {
    return `text${++this.count}`;
  }

  digits(length: number): string {
    return String(++this.count).padStart(length, '0');
  }
}

/** Keeps what was sent. */
export class Outbox implements Sender {
  readonly sent: { readonly to: Threepid; readonly message: Message }[] = [];
  /** Thrown instead of sending. */
  failure: Error | undefined;

  constructor(readonly medium: Medium) {}

  async send(to: Threepid, message: Message): Promise<void> {
    if (this.failure) throw this.failure;
    this.sent.push({ to, message });
  }

  /** The token that was sent last. */
  get token(): string {
    const message = this.sent.at(-1)?.message;
    if (message?.kind !== 'validation') throw new Error('no token was sent');
    return message.token;
  }
}

/** Knows its users by their OpenID tokens, whichever homeserver is asked. */
export function fakeHomeservers(users: ReadonlyMap<string, string | Refused>): Homeservers {
  return {
    async whoHasOpenIdToken(_homeserver, openIdToken) {
      const user = users.get(openIdToken);
      if (user instanceof Refused) throw user;
      return user;
    },
    onBind: async () => 'delivered',
  };
}

/** Keeps what operators would read. */
export class Heard implements Telemetry {
  readonly lines: { readonly message: string; readonly facts: Facts; readonly cause?: unknown }[] = [];
  readonly counted: { readonly name: string; readonly labels: Readonly<Record<string, string>> }[] = [];

  info(message: string, facts: Facts = {}): void {
    this.lines.push({ message, facts });
  }

  warn(message: string, facts: Facts = {}, cause?: unknown): void {
    this.lines.push({ message, facts, cause });
  }

  count(name: string, labels: Readonly<Record<string, string>> = {}): void {
    this.counted.push({ name, labels });
  }

  /** The facts of each line of this message. */
  all(message: string): readonly Facts[] {
    return this.lines.filter((line) => line.message === message).map(({ facts }) => facts);
  }
}

export const alice: Mxid = '@alice:example.org';
export const bob: Mxid = '@bob:example.org';
