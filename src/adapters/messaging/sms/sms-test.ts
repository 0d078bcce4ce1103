import { isDestination } from './destinations.js';
import { GatewayError } from './gateway.js';
import { originatorFor } from './originators.js';
import type { SmsOptions } from './sms-sender.js';
import { errorText } from '../../../domain/shared/error-text.js';

export interface SmsTestStep {
  /** `destination`, `originator`, or the name of a gateway. */
  readonly step: string;
  readonly isFine: boolean;
  /** The answer, or a description. */
  readonly words: string;
}

/** Sends one text message by the first gateway that accepts it. @returns all steps; the last one has the result */
export async function tryTexting(
  { gateways, originators, destinations }: SmsOptions,
  number: string,
  text: string,
): Promise<readonly SmsTestStep[]> {
  if (!isDestination(number, destinations ?? {})) {
    return [{ step: 'destination', isFine: false, words: 'sms.rules do not allow messages to this number' }];
  }
  const originator = originatorFor(number, originators) ?? { kind: 'alpha' as const, text: 'Matrix' };
  const steps: SmsTestStep[] = [
    { step: 'destination', isFine: true, words: 'allowed' },
    { step: 'originator', isFine: true, words: `${originator.kind} ${originator.text}` },
  ];
  for (const gateway of gateways) {
    try {
      const reference = await gateway.send({ number, originator, text });
      const id = reference === undefined ? '' : `, message id ${reference}`;
      return [...steps, { step: gateway.name, isFine: true, words: `accepted${id}` }];
    } catch (error) {
      steps.push({ step: gateway.name, isFine: false, words: errorText(error) });
      if (!(error instanceof GatewayError) || error.mayBeAccepted) return steps;
    }
  }
  return steps;
}
