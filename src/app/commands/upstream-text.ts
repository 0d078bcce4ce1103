import { textOf } from '../../adapters/upstream/upstream-account.js';
import type { Policy } from '../../domain/accounts/policy.js';
import { escapeUnprintable } from '../../domain/shared/printable.js';

/** A policy and its URL, for an administrator. */
export function policyText(policy: Policy): string {
  const { name = policy.id, url = '' } = textOf(policy) ?? {};
  return `  ${shown(name)}, version ${shown(policy.version)}: ${shown(url)}`;
}

/** Text from another server. Control characters must not reach the terminal. */
export const shown = (text: string): string => escapeUnprintable(text.replace(/\s+/g, ' ')).slice(0, 500);
