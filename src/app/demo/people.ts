/** One entry of the demo directory in the form of LDAP: each attribute is a list. */
export interface DemoEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export const DEMO_BASE = 'ou=people,dc=island,dc=example';
export const DEMO_HOMESERVER = 'island.example';

/** Given name, family name, mail addresses, and phone numbers in a readable format. */
const PEOPLE: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
  ['Alice', 'Archer', ['alice@island.example', 'a.archer@island.example'], ['+49 (0)221 555-1234']],
  ['Bob', 'Berg', ['bob@island.example'], ['0221 / 555 12 35', '+49 170 5551235']],
  ['Carla', 'Cruz', ['carla@island.example', 'Carla.Cruz@Island.Example'], ['0049 221 5551236']],
  ['Dmitri', 'Dolgov', ['dmitri@island.example'], ['(0221) 5551237']],
  ['Eva', 'Eriksson', ['eva@island.example', 'harbour@island.example'], ['+46 8 123 456 78']],
  ['Farid', 'Fahimi', ['farid@island.example'], ['0221 5551239']],
  ['Grete', 'Groß', ['grete.groß@island.example', 'grete@island.example'], ['0221 5551240', '+49 171 5551240']],
  ['Hiro', 'Hayashi', ['hiro@island.example'], ['+81 3-1234-5678']],
  ['Ines', 'Ibarra', ['ines@island.example', 'i.ibarra@island.example'], ['+34 912 345 678']],
  ['Jonas', 'Jensen', ['jonas@island.example', 'harbour@island.example'], ['0221 5551243']],
  ['Kateryna', 'Koval', ['kateryna@island.example'], ['+380 44 123 4567']],
  ['Luc', 'Lambert', ['luc@island.example', 'l.lambert@island.example'], ['+33 1 23 45 67 89']],
  ['Maria', 'Moreau', ['maria@island.example'], ['0221 5551246']],
  ['Nora', 'Nowak', ['nora@island.example'], ['0221 5551247', '0170 5551247']],
  ['Olu', 'Okafor', ['olu@island.example', 'o.okafor@island.example'], ['+234 1 277 1234']],
  ['Priya', 'Patel', ['priya@island.example'], ['+91 22 1234 5678']],
  ['Quentin', 'Quist', ['quentin@island.example'], ['0221 5551250']],
  ['Rosa', 'Rossi', ['rosa@island.example', 'r.rossi@island.example'], ['+39 06 1234 5678']],
  ['Sven', 'Sørensen', ['sven@island.example'], ['n/a']],
];

/** Twenty people: two of them share `harbour@`, and one has a name that is not valid in a Matrix ID. */
export const DEMO_DIRECTORY: readonly DemoEntry[] = [
  ...PEOPLE.map(([given, family, mails, phones], at) =>
    entry(given.toLowerCase(), `${given} ${family}`, family, mails, phones, at),
  ),
  entry('Zoë Ångström', 'Zoë Ångström', 'Ångström', ['zoe@island.example'], ['0221 5551299'], PEOPLE.length),
];

function entry(
  uid: string,
  cn: string,
  sn: string,
  mail: readonly string[],
  mobile: readonly string[],
  at: number,
): DemoEntry {
  return {
    dn: `uid=${uid},${DEMO_BASE}`,
    attributes: {
      objectClass: ['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
      entryUUID: [`00000000-0000-4000-8000-${String(at + 1).padStart(12, '0')}`],
      uid: [uid],
      cn: [cn],
      sn: [sn],
      mail,
      mobile,
    },
  };
}
