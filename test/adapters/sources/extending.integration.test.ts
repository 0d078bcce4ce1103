import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from '@typescript/typescript6';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { OpenSource } from '../../../src/source.js';
import { testContext } from '../../../src/testing.js';
import { threepidSourceContract } from '../../contracts/threepid-source.contract.js';
import { IdentityClient } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { type HomeserverStandIn, startHomeserver } from '../../support/homeserver.js';
import { type InProcess, serveInProcess } from '../../support/in-process.js';
import { type StandIn, startStandIn } from '../../support/stand-in.js';

const page = readFileSync(new URL('../../../docs/development/extending.md', import.meta.url), 'utf8');

const block = (language: string, start: string): string => {
  const blocks = page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  for (const [, kind, text = ''] of blocks) if (kind === language && text.startsWith(start)) return text;
  throw new Error(`docs/development/extending.md has no ${language} block that starts with ${start}`);
};

const module = block('js', '// hr.mjs');

const people = [
  { mxid: '@alice:example.org', emails: ['Alice@Example.org'], phones: ['0221 5551234'] },
  { mxid: '@bob:example.org', emails: ['bob@example.org', 'not an address'], phones: [] },
];

/** The HR service that the source of the page queries. */
const hrService = (request: IncomingMessage, response: ServerResponse): void => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const wanted = request.url === '/search' ? (JSON.parse(body) as string[]) : undefined;
    const number = (text: string) => text.replace(/^0/, '49').replaceAll(' ', '');
    const has = ({ emails, phones }: (typeof people)[number]) =>
      [...emails.map((text) => text.toLowerCase()), ...phones.map(number)].some((address) => wanted?.includes(address));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(wanted ? people.filter(has) : people));
  });
};

describe('the source at the beginning of the page on extending', () => {
  let hr: StandIn;
  let homeserver: HomeserverStandIn;
  let islet: InProcess;
  let client: IdentityClient;

  beforeAll(async () => {
    hr = await startStandIn(hrService);
    homeserver = await startHomeserver('example.org');
    const config = parse(block('yaml', '# islet.yaml').replaceAll('https://hr.example.org', hr.url)) as object;
    islet = await serveInProcess(
      { ...config, homeservers: { 'example.org': { url: homeserver.url } } },
      { 'hr.mjs': module },
    );
    client = new IdentityClient(islet.url);
    await client.register('example.org', 'token-of-carol');
    await eventually(async () => (await islet.services.mirrorService.state('hr')).syncedAt);
  });

  afterAll(async () => {
    await islet?.close();
    await Promise.all([hr?.close(), homeserver?.close()]);
  });

  it('has no more than thirty lines', () => {
    expect(module.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });

  it('answers hashed lookups', async () => {
    const found = await client.findHashed(['alice@example.org', 'BOB@example.org', 'nobody@example.org']);
    expect(found).toEqual({ 'alice@example.org': '@alice:example.org', 'BOB@example.org': '@bob:example.org' });
  });

  it('answers plain lookups by querying the service', async () => {
    const asked = hr.seen.length;
    const found = await client.findPlain([
      'alice@example.org email',
      '492215551234 msisdn',
      'nobody@example.org email',
    ]);
    expect(found).toEqual({
      'alice@example.org email': '@alice:example.org',
      '492215551234 msisdn': '@alice:example.org',
    });
    expect(hr.seen.slice(asked).map(({ url }) => url)).toEqual(['/search']);
  });

  it('is explained like any other source', async () => {
    const explanation = await islet.services.lookupService.explain({ medium: 'email', address: 'bob@example.org' });
    expect(explanation.sources.map(({ source, outcome }) => `${source} ${outcome}`)).toEqual([
      'hr answered',
      'bindings unknown',
    ]);
  });

  it('answers from its mirror while the service is down', async () => {
    await hr.close();
    expect(await client.findPlain(['alice@example.org email'])).toEqual({
      'alice@example.org email': '@alice:example.org',
    });
    hr = await startStandIn(hrService);
  });

  describe('alone', () => {
    threepidSourceContract(
      async () => {
        const file = join(islet.folder, 'alone.mjs');
        await writeFile(file, module);
        const { default: open } = (await import(pathToFileURL(file).href)) as { default: OpenSource };
        return open({ url: hr.url, region: 'DE' }, testContext());
      },
      {
        known: [
          ['email', 'alice@example.org', '@alice:example.org'],
          ['email', 'bob@example.org', '@bob:example.org'],
          ['msisdn', '492215551234', '@alice:example.org'],
        ],
        unknown: [['msisdn', '447700900123']],
      },
    );
  });
});

describe('the same in TypeScript', () => {
  it('has the types that the page names, and becomes a source', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-typed-'));
    try {
      const file = join(folder, 'hr.ts');
      await writeFile(file, block('ts', '// hr.ts'));
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      const program = ts.createProgram([file], {
        strict: true,
        module: ts.ModuleKind.NodeNext,
        target: ts.ScriptTarget.ES2022,
        types: [],
        paths: { 'islet/source': [join(import.meta.dirname, '../../../src/source.ts')] },
        outDir: join(folder, 'out'),
        rootDir: '/',
        skipLibCheck: true,
      });
      const own = (at: ts.Diagnostic) => at.file?.fileName === file;
      expect(
        ts
          .getPreEmitDiagnostics(program)
          .filter(own)
          .map(({ messageText }) => messageText),
      ).toEqual([]);
      let text = '';
      program.emit(program.getSourceFile(file), (_name, written) => void (text = written));
      await writeFile(join(folder, 'hr.mjs'), text);
      const { default: open } = (await import(pathToFileURL(join(folder, 'hr.mjs')).href)) as { default: OpenSource };
      const source = await open({ people: { 'Alice@Example.org': '@alice:example.org' } }, testContext());
      const alice = testContext().threepids.email('alice@example.org');
      expect(await source.find(alice ? [alice] : [], new AbortController().signal)).toEqual([
        { threepid: alice, mxid: '@alice:example.org' },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
