import type { TermsDirectory } from '../../adapters/terms/terms-directory.js';
import type { Config } from '../config/config.js';

/**
 * The policies that users have to accept, on pages of this server or elsewhere.
 *
 * @throws an error that names the invalid policy
 */
export async function openTerms({ terms: { directory, policies }, server }: Config): Promise<TermsDirectory> {
  if (directory === undefined) return { policies, documents: new Map() };
  const { readTermsDirectory } = await import('../../adapters/terms/terms-directory.js');
  const own = await readTermsDirectory(directory, `${server.publicUrl}${TERMS_PATH}`).catch((cause: unknown) => {
    throw new Error('the terms could not be read', { cause });
  });
  const twice = policies.find(({ id }) => own.policies.some((policy) => policy.id === id));
  if (twice) throw new Error(`the policy ${twice.id} is defined both in terms.policies and in terms.directory`);
  return { policies: [...own.policies, ...policies], documents: own.documents };
}

/** Below a path that all proxies forward. */
export const TERMS_PATH = '/_matrix/identity/terms';
