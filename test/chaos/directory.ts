import { PEOPLE_BASE, person } from '../support/people.js';
import type { SeededRandom } from './random.js';
import type { Slapd } from '../support/slapd.js';

const FIRST = 120;
const nameOf = (number: number) => `p${number}`;

/** The people of the directory at the beginning, as LDIF. */
export const firstPeople = (): string =>
  [
    `dn: ${PEOPLE_BASE}\nobjectClass: organizationalUnit\nou: people\n`,
    ...Array.from({ length: FIRST }, (_, number) => person(nameOf(number), [`${nameOf(number)}@dir.test`], [])),
  ].join('\n');

/** The people in the directory. In each cycle, people join and leave. */
export class DirectoryModel {
  private readonly inside = new Set(Array.from({ length: FIRST }, (_, number) => nameOf(number)));
  private readonly left = new Set<string>();
  private next = FIRST;

  constructor(private readonly slapd: Slapd) {}

  /** A person who never leaves. */
  readonly known = { address: `${nameOf(0)}@dir.test`, mxid: `@${nameOf(0)}:example.org` };

  async change(random: SeededRandom): Promise<void> {
    const joining = nameOf(this.next++);
    const leaving = random.pick([...this.inside].slice(1));
    const dn = (name: string) => `dn: uid=${name},${PEOPLE_BASE}\n`;
    const attributes = `objectClass: inetOrgPerson\nuid: ${joining}\ncn: ${joining}\nsn: ${joining}\nmail: ${joining}@dir.test\n`;
    await this.slapd.modify(`${dn(joining)}changetype: add\n${attributes}\n${dn(leaving)}changetype: delete\n`);
    this.inside.add(joining);
    this.inside.delete(leaving);
    this.left.add(leaving);
  }

  addresses(): readonly string[] {
    return [...this.inside, ...this.left].map((name) => `${name}@dir.test`);
  }

  /** The expected users of the addresses. */
  expected(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.inside].map((name) => [`${name}@dir.test`, `@${name}:example.org`]));
  }
}
