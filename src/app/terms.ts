import { readTermsDirectory, type TermsDirectory } from '../adapters/terms/terms-directory.js';
import type { Config } from './config.js';
import { TERMS_PATH } from './http/server.js';

/** What users have to accept, in pages of ours or anywhere else. @throws an error that names the file that is at fault */
export async function openTerms({ terms, server }: Config): Promise<TermsDirectory> {
  if (terms.directory === undefined) return { policies: terms.policies, documents: new Map() };
  try {
    return await readTermsDirectory(terms.directory, `${server.publicUrl}${TERMS_PATH}`);
  } catch (cause) {
    throw new Error('the terms could not be read', { cause });
  }
}
