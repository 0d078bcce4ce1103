import type { Sms, SmsGateway } from './gateway.js';

/** Prints messages instead of sending them, for testing. */
export class ConsoleGateway implements SmsGateway {
  readonly name = 'text message gateway console';

  constructor(private readonly output: { write(text: string): unknown }) {}

  send({ number, originator, text }: Sms): Promise<string | undefined> {
    this.output.write(`Text message from ${originator.text} to +${number}: ${text}\n`);
    return Promise.resolve(undefined);
  }
}
