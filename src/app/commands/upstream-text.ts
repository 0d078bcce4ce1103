import { textOf } from '../../adapters/upstream/upstream-account.js';
import type { Policy } from '../../domain/accounts/policy.js';
import { escapeUnprintable } from '../../domain/shared/printable.js';

/** A policy with where it can be read, for an administrator. */
export function policyText(policy: Policy): string {
  const { name = policy.id, url = '' } = textOf(policy) ?? {};
  return `  ${shown(name)}, version ${shown(policy.version)}: ${shown(url)}`;
}

/** Words of somebody else, who must not speak to the terminal. */
export const shown = (text: string): string => escapeUnprintable(text.replace(/\s+/g, ' ')).slice(0, 500);
