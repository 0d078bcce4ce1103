import { testMail, trySending, type TestStep } from '../../adapters/messaging/smtp-test.js';
import { email } from '../../domain/identifiers/threepid.js';
import type { Config } from '../config/config.js';
import type { TerminalStyle } from './terminal-style.js';
import { printable, printableJson } from '../../domain/shared/printable.js';

/**
 * Sends one mail to this address and shows each step of the connection to the mail server.
 *
 * @returns the exit code: 0 if the mail was accepted, 1 if not
 * @throws DomainError if the address is invalid
 */
export async function mailTest(
  { mail, server }: Config,
  address: string,
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): Promise<number> {
  const { address: to } = email(address);
  if (!mail) throw new Error('no mail server is configured: set mail.host or mail.smtpUrl');
  const steps = await trySending({ ...mail, password: mail.password?.value }, testMail(server.name, to));
  const isAccepted = steps.at(-1)?.step === 'accepted' && steps.every(({ isFine }) => isFine);
  print(isJson ? printableJson({ isAccepted, steps }) : words(printable(steps), isAccepted, style));
  return isAccepted ? 0 : 1;
}

const words = (steps: readonly TestStep[], isAccepted: boolean, style: TerminalStyle): string =>
  [
    ...steps.map(
      ({ step, isFine, words }) =>
        `${isFine ? style.good('✓') : style.bad('✗')} ${step.padEnd(10)} ${isFine ? style.dim(words) : words}`,
    ),
    isAccepted ? style.good('The mail server accepted the mail.') : style.bad('The mail was not sent.'),
  ].join('\n');
