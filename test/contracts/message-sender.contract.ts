import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Threepid } from '../../src/domain/identifiers/threepid.js';
import { DeliveryError, type Message, type MessageSender } from '../../src/ports/message-sender.js';

/** A sender and the server to which it sends its messages. */
export interface SenderUnderTest {
  readonly sender: MessageSender;
  readonly to: Threepid;
  /** The messages that the server has accepted so far, as text. */
  accepted(): readonly string[];
  refuse(isRefusing: boolean): void;
  stall(isStalling: boolean): void;
  close(): Promise<void>;
}

const message = (token: string): Message => ({
  kind: 'validation',
  token,
  link: `https://id.example.org/validate?token=${token}`,
  preferences: { brand: undefined, acceptLanguage: undefined },
});

/** What every MessageSender promises. `open` returns one with a short time limit. */
export function messageSenderContract(open: () => Promise<SenderUnderTest>) {
  describe('MessageSender contract', () => {
    let hop: SenderUnderTest;

    beforeEach(async () => {
      hop = await open();
    });

    afterEach(async () => {
      await hop.close();
    });

    it('serves one medium', () => {
      expect(hop.sender.medium).toBe(hop.to.medium);
    });

    it('resolves when the next hop has accepted the message', async () => {
      await hop.sender.send(hop.to, message('314159'));
      expect(hop.accepted()).toHaveLength(1);
      expect(hop.accepted()[0]).toContain('314159');
    });

    it('sends several messages at once, each of them once', async () => {
      const tokens = Array.from({ length: 12 }, (_, n) => `1000${n + 10}`);
      await Promise.all(tokens.map((token) => hop.sender.send(hop.to, message(token))));
      expect(hop.accepted()).toHaveLength(tokens.length);
      for (const token of tokens) expect(hop.accepted().filter((text) => text.includes(token))).toHaveLength(1);
    });

    it.each([
      ['is refused', (isOn: boolean) => hop.refuse(isOn)],
      ['takes too long', (isOn: boolean) => hop.stall(isOn)],
    ])(
      'rejects if the message %s, with an error that names the server, and neither address nor token',
      async (_case, disrupt) => {
        disrupt(true);
        const error: unknown = await hop.sender.send(hop.to, message('271828')).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(DeliveryError);
        for (let cause = error; cause instanceof Error; cause = cause.cause) {
          const text = `${cause.message} ${JSON.stringify(cause)} ${cause.stack}`;
          expect(text).not.toContain(hop.to.address);
          expect(text).not.toContain('271828');
        }
        expect(String(error)).toContain((error as DeliveryError).endpoint);
        expect(String(error)).toContain((error as DeliveryError).reason);
        expect(hop.accepted()).toEqual([]);
      },
    );

    it('works again after a refusal', async () => {
      hop.refuse(true);
      await expect(hop.sender.send(hop.to, message('1'))).rejects.toBeInstanceOf(DeliveryError);
      hop.refuse(false);
      await hop.sender.send(hop.to, message('161803'));
      expect(hop.accepted()[0]).toContain('161803');
    });
  });
}
