import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Policy } from '../../domain/accounts/policy.js';
import { renderMarkdown } from './markdown.js';

/** A document that users accept, for display on a page. */
export interface TermsDocument {
  readonly language: string;
  readonly title: string;
  /** Sanitized HTML. */
  readonly html: string;
}

export interface TermsDirectory {
  /** The policies, each in its newest version. */
  readonly policies: readonly Policy[];
  /** All documents of all versions by path, `privacy/1.0/en`: links to old versions stay valid. */
  readonly documents: ReadonlyMap<string, TermsDocument>;
}

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;
const FILE = /^([A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*)\.md$/;

/** `1.10` is newer than `1.9`. */
const byVersion = new Intl.Collator('en', { numeric: true }).compare;

/**
 * Reads `<policy>/<version>/<language>.md`. Other files in these folders are ignored.
 *
 * @param baseUrl base URL of the documents, without a slash at the end
 * @throws Error naming the invalid file or folder
 */
export async function readTermsDirectory(directory: string, baseUrl: string): Promise<TermsDirectory> {
  const policies: Policy[] = [];
  const documents = new Map<string, TermsDocument>();
  for (const id of await foldersIn(directory)) {
    const versions = (await foldersIn(join(directory, id))).toSorted(byVersion);
    for (const version of versions) {
      for (const document of await documentsIn(join(directory, id, version))) {
        documents.set(`${id}/${version}/${document.language}`, document);
      }
    }
    const version = versions.at(-1);
    if (version === undefined) throw new Error(`${join(directory, id)} contains no folder for a version`);
    policies.push({ id, version, languages: languagesOf(documents, `${id}/${version}/`, baseUrl) });
  }
  if (policies.length === 0) throw new Error(`${directory} contains no folder for a policy`);
  return { policies, documents };
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  const invalid = folders.find((name) => !NAME.test(name));
  if (invalid !== undefined) throw new Error(`${join(directory, invalid)} has a name that cannot be used in a URL`);
  return folders.toSorted();
}

async function documentsIn(directory: string): Promise<readonly TermsDocument[]> {
  const files = (await readdir(directory)).filter((name) => FILE.test(name));
  if (files.length === 0) throw new Error(`${directory} contains no file for a language, such as en.md`);
  return Promise.all(files.toSorted().map((name) => readDocument(directory, name)));
}

async function readDocument(directory: string, name: string): Promise<TermsDocument> {
  const { title, html } = renderMarkdown(await readFile(join(directory, name), 'utf8'));
  if (!title) throw new Error(`${join(directory, name)} has no heading; the heading is the title`);
  return { language: name.slice(0, -'.md'.length), title, html };
}

const languagesOf = (documents: TermsDirectory['documents'], prefix: string, baseUrl: string): Policy['languages'] =>
  Object.fromEntries(
    [...documents]
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, { language, title }]) => [language, { name: title, url: `${baseUrl}/${path}` }]),
  );
