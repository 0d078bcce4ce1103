import { deepStrictEqual, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nodeTest from 'node:test';
import { parseMxid } from './domain/identifiers/mxid.js';
import { keyOf, type Threepid, tryThreepid } from './domain/identifiers/threepid.js';
import { threepidReaders } from './adapters/sources/threepid-readers.js';
import type { Association, SourceContext, ThreepidSource } from './source.js';

/** `[medium, address, mxid]`, the address canonical. */
export type Known = readonly [medium: string, address: string, mxid: string];

export interface SourceSamples {
  /** Some of what the source knows, at least one. */
  readonly known: readonly Known[];
  /** Threepids that it does not know; a few invented ones are asked besides. */
  readonly unknown?: readonly (readonly [medium: string, address: string])[];
}

/** Where tests are declared: `node:test`, or the `describe` and `it` of vitest. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

const MANY = 1000;

/** What every source promises. Declares one test for each promise; each opens the source again and closes it. */
export function sourceContract(
  open: () => ThreepidSource | Promise<ThreepidSource>,
  samples: SourceSamples,
  { describe, it }: TestRunner = nodeTest,
): void {
  const known = samples.known.map(([medium, address, mxid]) => ({ threepid: sample(medium, address), mxid }));
  const invented = Array.from({ length: 3 }, (_, n) => sample('email', `nobody-${n}@islet-contract.invalid`));
  const unknown = [...(samples.unknown ?? []).map(([medium, address]) => sample(medium, address)), ...invented];
  const asked = known.map(({ threepid }) => threepid);
  const never = new AbortController().signal;
  if (known.length === 0) throw new Error('the contract of a source requires at least one known threepid');

  const promise = (sentence: string, check: (source: ThreepidSource) => Promise<void>) =>
    it(sentence, async () => {
      const source = await open();
      try {
        await check(source);
      } finally {
        await source.close?.();
      }
    });

  describe('threepid source contract', () => {
    promise('returns the user of each known threepid', async (source) => {
      for (const finding of known)
        deepStrictEqual(plain(await source.find([finding.threepid], never)), plain([finding]));
    });

    promise('answers several at once, and omits unknown ones', async (source) => {
      deepStrictEqual(plain(await source.find([...unknown, ...asked], never)), plain(known));
      deepStrictEqual(plain(await source.find(unknown, never)), []);
    });

    promise('returns an empty list for an empty list', async (source) => {
      deepStrictEqual(plain(await source.find([], never)), []);
    });

    promise('answers a thousand at once', async (source) => {
      const unknownSamples = Array.from({ length: MANY }, (_, n) => sample('email', `${n}@islet-contract.invalid`));
      deepStrictEqual(plain(await source.find([...unknownSamples, ...asked], never)), plain(known));
    });

    promise('does not mix up questions that are asked at the same time', async (source) => {
      const answers = await Promise.all(asked.map((threepid) => source.find([threepid], never)));
      deepStrictEqual(
        answers.map(plain),
        known.map((finding) => plain([finding])),
      );
    });

    promise('lists canonical threepids and full Matrix IDs, including the known ones', async (source) => {
      if (!source.all) return;
      const listed = await listing(source);
      for (const association of listed) checkAssociation(association);
      const keys = new Set(plain(listed));
      for (const finding of plain(known)) ok(keys.has(finding), `the listing does not contain ${finding}`);
    });

    promise('finds what it lists', async (source) => {
      if (!source.all) return;
      const listed = (await listing(source)).slice(0, MANY);
      const answers = new Set(plain(await source.find(distinct(listed), never)));
      for (const { threepid, mxid } of listed) {
        const isFound = answers.has(described({ threepid, mxid })) || answers.has(described({ threepid }));
        ok(isFound, `find() does not return ${mxid} for ${keyOf(threepid)}, but all() does`);
      }
    });

    promise('returns the same list again, also twice at the same time', async (source) => {
      if (!source.all) return;
      const [first, second] = await Promise.all([listing(source), listing(source)]);
      deepStrictEqual(plain(first), plain(second));
    });
  });
}

/**
 * A context for tests: the network is open. The cache folder is created when a source asks for it, and removed when
 * the process ends.
 */
export function testContext(name = 'test'): SourceContext {
  let cacheFolder: string | undefined;
  return {
    name,
    get cacheFolder() {
      return (cacheFolder ??= temporaryFolder());
    },
    configFolder: process.cwd(),
    threepids: threepidReaders,
    fetch: (url, init) => fetch(url, { redirect: 'manual', ...init }),
    log: { info: () => undefined, warn: () => undefined },
  };
}

const folders: string[] = [];

function temporaryFolder(): string {
  if (folders.length === 0)
    process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
  const folder = mkdtempSync(join(tmpdir(), 'islet-source-'));
  folders.push(folder);
  return folder;
}

function sample(medium: string, address: string): Threepid {
  const threepid = tryThreepid(medium, address);
  if (threepid?.address !== address) throw new Error(`${address} is not a canonical ${medium}`);
  return threepid;
}

async function listing(source: ThreepidSource): Promise<readonly Association[]> {
  const listed: Association[] = [];
  for await (const association of source.all?.(new AbortController().signal) ?? []) listed.push(association);
  return listed;
}

function checkAssociation({ threepid, mxid }: Association): void {
  const read = tryThreepid(threepid.medium, threepid.address);
  ok(read && keyOf(read) === keyOf(threepid), `${keyOf(threepid)} is not canonical`);
  ok(parseMxid(mxid), `${mxid} is not a Matrix ID`);
}

/** Comparable in any order, and readable if the comparison fails. */
const plain = (findings: readonly object[]): readonly string[] =>
  findings.map((finding) => described(finding as Partial<Association>)).toSorted();

const described = ({ threepid, mxid }: Partial<Association>): string =>
  `${threepid ? keyOf(threepid) : 'no threepid'} is ${mxid ?? 'ambiguous'}`;

/** A threepid of two people is ambiguous, and then listed twice. */
const distinct = (associations: readonly Association[]): readonly Threepid[] => [
  ...new Map(associations.map(({ threepid }) => [keyOf(threepid), threepid])).values(),
];
