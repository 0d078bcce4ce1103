import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryTermsStore } from '../../support/memory/terms-store.js';
import type { DomainError } from '../../../src/domain/shared/errors.js';
import type { Policy } from '../../../src/domain/accounts/policy.js';
import { TermsService } from '../../../src/domain/accounts/terms-service.js';
import { alice, bob, FakeClock } from '../../support/fakes.js';

const policy = (id: string, version: string, ...languages: string[]): Policy => ({
  id,
  version,
  languages: Object.fromEntries(
    languages.map((language) => [language, { name: id, url: `https://example.org/${id}/${version}/${language}` }]),
  ),
});
const url = (path: string) => `https://example.org/${path}`;

describe('TermsService', () => {
  let store: MemoryTermsStore;
  const termsOf = (...policies: Policy[]) => new TermsService(policies, store, new FakeClock());
  const reasonOf = async (checked: Promise<void>) =>
    (await checked.then(
      () => undefined,
      (error: unknown) => error,
    )) as DomainError | undefined;

  beforeEach(() => {
    store = new MemoryTermsStore();
  });

  it('lets all users pass if there are no terms (TERMS-9)', async () => {
    await expect(termsOf().check(alice)).resolves.toBeUndefined();
  });

  it('lets a user pass who accepted every policy, each in any language, at any time (TERMS-4, TERMS-5)', async () => {
    const termsService = termsOf(policy('privacy', '1', 'en', 'de'), policy('terms', '1', 'en', 'fr'));
    expect((await reasonOf(termsService.check(alice)))?.code).toBe('terms_not_signed');
    await termsService.accept(alice, [url('privacy/1/de')]);
    expect((await reasonOf(termsService.check(alice)))?.code).toBe('terms_not_signed');
    await termsService.accept(alice, [url('terms/1/fr')]);
    expect(await reasonOf(termsService.check(alice))).toBeUndefined();
    expect((await reasonOf(termsService.check(bob)))?.code).toBe('terms_not_signed');
  });

  it('stores nothing about URLs that it does not know (TERMS-6)', async () => {
    const foreign = url('privacy/2/en');
    await termsOf(policy('privacy', '1', 'en')).accept(alice, [foreign, url('privacy/1/en')]);
    expect(await store.hasAccepted(alice, [[foreign]])).toBe(false);
    expect(await store.hasAccepted(alice, [[url('privacy/1/en')]])).toBe(true);
  });

  it('requires acceptance again after a policy gets a new version (TERMS-8)', async () => {
    await termsOf(policy('privacy', '1', 'en')).accept(alice, [url('privacy/1/en')]);
    expect((await reasonOf(termsOf(policy('privacy', '2', 'en')).check(alice)))?.code).toBe('terms_not_signed');
    expect(await reasonOf(termsOf(policy('privacy', '1', 'en')).check(alice))).toBeUndefined();
  });
});
