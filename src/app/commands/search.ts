import type { ExplainedPerson, PeopleFound, SearchRefusal } from '../../domain/people-search/people-search-service.js';
import { printable, printableJson } from '../../domain/shared/printable.js';
import type { AdminClient } from './admin-client.js';
import type { TerminalStyle } from './terminal-style.js';

const REFUSALS: Readonly<Record<SearchRefusal, string>> = {
  foreign_homeserver: 'users of this homeserver find nobody: `search.showTo` does not contain it',
  too_short: 'the search has fewer letters than `search.minLetters`',
  limit_exceeded: 'the user has reached the limit `limits.search.hitsPerUser`',
};

/**
 * Shows the people that a search shows to a user, and why.
 *
 * @returns the exit code: 0 if there are any, 1 if not
 */
export async function search(
  access: AdminClient,
  query: string,
  user: string,
  {
    isJson,
    style,
    print,
  }: { readonly isJson: boolean; readonly style: TerminalStyle; readonly print: (text: string) => void },
): Promise<number> {
  const found = await access.search(user, query);
  print(isJson ? printableJson(found) : searchText(printable(found), style));
  return found.people.length > 0 ? 0 : 1;
}

function searchText({ people, isLimited, refusal }: PeopleFound<ExplainedPerson>, style: TerminalStyle): string {
  if (refusal) return style.bad(REFUSALS[refusal]);
  if (people.length === 0) return 'nobody was found';
  const lines = people.map(
    (person, at) => `${at + 1}. ${style.bold(person.name ?? person.mxid)}  ${person.mxid}\n${scoreText(person, style)}`,
  );
  return [...lines, ...(isLimited ? [style.dim('There are more people.')] : [])].join('\n');
}

function scoreText({ source, score, matches, hasNoAccount }: ExplainedPerson, style: TerminalStyle): string {
  const words = matches.map(
    ({ word, isName, isWhole }) =>
      `${isWhole ? 'word' : 'beginning'} ${word} ${isName ? 'in the name' : 'in another attribute'}`,
  );
  const why = words.length > 0 ? `${words.join(', ')}; score ${score}` : 'exact user ID or address';
  return style.dim(`   source ${source}: ${why}${hasNoAccount ? '; no account yet, so shown last' : ''}`);
}
