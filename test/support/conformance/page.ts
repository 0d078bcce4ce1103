import { quotingTests } from './quoting-tests.js';
import { chapters, type Level, type Requirement } from './requirements.js';

const LEVELS: Readonly<Record<Level, string>> = {
  M: 'demanded',
  S: 'recommended',
  O: 'allowed',
  C: 'needed by clients',
  D: 'our choice',
};

const HEAD = `<!-- Made by "npm run generate" of test/spec/requirements.yaml and the names of the tests. -->

# What of the specification is tested

Each row is something that the Matrix Identity Service API (version 1.19) demands, recommends or allows, that clients and
homeservers in use need beyond it, or that we chose where nobody says. The tests beside it quote its id in their names;
\`npx vitest run -t 'LOOK-7'\` runs those of one row.`;

/** docs/reference/conformance.md. */
export function conformancePage(): string {
  const tests = quotingTests();
  const linksOf = ({ id }: Requirement) =>
    tests.filter(({ ids }) => ids.includes(id)).map(({ file, name }) => `[${asCell(name)}](../../${file})`);
  const all = [...chapters.values()].flat();
  const untested = all.filter((requirement) => linksOf(requirement).length === 0);

  const tables = Array.from(chapters, ([chapter, requirements]) => {
    const rows = requirements
      .map((requirement) => ({ requirement, links: linksOf(requirement) }))
      .filter(({ links }) => links.length > 0)
      .map(({ requirement: { id, level, sentence }, links }) =>
        row(id, LEVELS[level], asCell(sentence), links.join('<br>')),
      );
    return `## ${chapter}\n\n${row('id', 'level', 'in short', 'tests')}\n${row('---', '---', '---', '---')}\n${rows.join('\n')}`;
  });
  const notYet = untested.map(({ id, level, sentence }) => `- ${id} (${LEVELS[level]}): ${sentence}`).join('\n');
  const summary = `${all.length - untested.length} of ${all.length} rows are tested.`;
  return `${[HEAD, summary, ...tables, `## Not yet\n\nNo test quotes these:\n\n${notYet || '- none'}`].join('\n\n')}\n`;
}

const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;

const asCell = (text: string) => text.replaceAll('|', '\\|').replaceAll('[', '\\[').replaceAll('<', '&lt;');
