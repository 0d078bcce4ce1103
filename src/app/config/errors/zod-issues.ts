import type { z } from 'zod';
import type { KeyPath, Problems } from './problems.js';
import { didYouMean, nearest } from './suggest.js';
import { suggestKey } from './unknown-key.js';
import { keysOf, schemaAt } from './zod-tree.js';

type Issue = z.core.$ZodIssue;

/** Reports zod's issues with the option at `at` as problems of the configuration. */
export function report(schema: z.ZodType, issues: readonly Issue[], at: KeyPath, problems: Problems): void {
  for (const issue of issues) {
    const path = [...at, ...(issue.path as KeyPath)];
    if (issue.code === 'custom') problems.add(path, issue.message, issue.params?.['suggestion']);
    else if (issue.code === 'unrecognized_keys') reportKeys(schema, issue, path, problems);
    else if (issue.code === 'invalid_union') reportUnion(schema, issue, at, problems);
    else if (issue.code === 'invalid_key') problems.add(path, issue.issues[0]?.message ?? issue.message);
    else if (issue.code === 'invalid_type') problems.add(path, wrongType(issue));
    else problems.add(path, issue.message);
  }
}

const wrongType = ({ input, expected }: z.core.$ZodIssueInvalidType): string =>
  input === undefined ? 'is required' : expected === 'array' ? 'must be a list' : 'must be a section with keys';

function reportKeys(
  schema: z.ZodType,
  issue: z.core.$ZodIssueUnrecognizedKeys,
  path: KeyPath,
  problems: Problems,
): void {
  const section = schemaAt(schema, issue.path);
  const siblings = keysOf(section);
  for (const key of issue.keys) {
    const below = siblings.find((sibling) => keysOf(schemaAt(section, [sibling])).includes(key));
    const suggestion =
      below === undefined
        ? suggestKey(key, siblings, String(path[0]), [])
        : `indent it further: it belongs below "${below}:"`;
    problems.add([...path, key], 'unknown key', suggestion);
  }
}

function reportUnion(schema: z.ZodType, issue: z.core.$ZodIssueInvalidUnion, at: KeyPath, problems: Problems): void {
  if (issue.discriminator !== undefined) {
    const { options: words, input } = issue as unknown as { options: string[]; input: { kind?: string } };
    const reason = `must be one of ${words.join(', ')}`;
    return problems.add(
      [...at, ...(issue.path.slice(0, -1) as KeyPath)],
      reason,
      didYouMean(nearest(input.kind ?? '', words)),
    );
  }
  // For "false, or a section", the alternative that matched further is the intended one.
  const [meant] = issue.errors.filter((errors) =>
    errors.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (!meant) return problems.add([...at, ...(issue.path as KeyPath)], 'must be false, or a section with keys');
  report(
    schema,
    meant.map((error) => ({ ...error, path: [...issue.path, ...error.path] })),
    at,
    problems,
  );
}
