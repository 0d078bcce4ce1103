/** How to change a directory in tests: LDIF with `changetype`. */
export interface ChurnStyle {
  /** Distinguished names of the organizational units between which entries move. */
  readonly units: readonly string[];
  /** The lines of a new entry, without its name and its active state. */
  readonly entry: (name: string, mails: readonly string[]) => readonly string[];
  readonly active: readonly [attribute: string, yes: string, no: string];
  readonly name: string;
  /** Whether two entries may have the same name. */
  readonly sharesNames: boolean;
}

interface Entry {
  rdn: string;
  unit: string;
  name: string;
}

/** Changes a directory at random; the same seed gives the same changes. */
export class Churn {
  private readonly entries: Entry[] = [];
  private made = 0;
  private state: number;

  constructor(
    private readonly seed: number,
    private readonly style: ChurnStyle,
  ) {
    this.state = seed;
  }

  /** LDIF with this number of changes. */
  changes(count: number): string {
    return Array.from({ length: count }, () => this.change()).join('\n');
  }

  private change(): string {
    const { style } = this;
    const at = this.below(Math.max(8, this.entries.length));
    const entry = this.entries[at];
    if (!entry || this.below(4) === 0) return this.add();
    const dn = `${entry.rdn},${entry.unit}`;
    switch (this.below(7)) {
      case 0:
        this.entries.splice(at, 1);
        return `dn: ${dn}\nchangetype: delete\n`;
      case 1:
        entry.unit = this.oneOf(style.units);
        return `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${entry.rdn}\ndeleteoldrdn: 1\nnewsuperior: ${entry.unit}\n`;
      case 2:
        entry.rdn = this.newRdn();
        return `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${entry.rdn}\ndeleteoldrdn: 1\n`;
      case 3:
        return replaced(dn, style.active[0], [this.oneOf(style.active.slice(1))]);
      case 4: {
        const name = this.freeName();
        if (name === undefined) return this.add();
        entry.name = name;
        return replaced(dn, style.name, [name]);
      }
      case 5: {
        // Removed and replaced by an entry with the same name and address.
        const successor = { ...entry, rdn: this.newRdn() };
        this.entries.splice(at, 1, successor);
        return `dn: ${dn}\nchangetype: delete\n\n${this.added(successor, this.mails())}`;
      }
      default:
        return replaced(dn, 'mail', this.mails());
    }
  }

  private add(): string {
    const name = this.freeName();
    if (name === undefined) return '';
    const entry = { rdn: this.newRdn(), unit: this.oneOf(this.style.units), name };
    this.entries.push(entry);
    return this.added(entry, this.mails());
  }

  private added({ rdn, unit, name }: Entry, mails: readonly string[]): string {
    const { style } = this;
    const [attribute, yes] = style.active;
    const lines = [`dn: ${rdn},${unit}`, 'changetype: add', ...style.entry(name, mails), `${attribute}: ${yes}`];
    return `${lines.join('\n')}\n`;
  }

  private newRdn(): string {
    return `cn=${this.seed}x${++this.made}`;
  }

  private freeName(): string | undefined {
    const name = `name${this.below(12)}`;
    return this.style.sharesNames || this.entries.every((entry) => entry.name !== name) ? name : undefined;
  }

  private mails(): readonly string[] {
    return this.below(6) === 0 ? [] : [`mail${this.below(15)}@example.org`];
  }

  private oneOf<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A random integer below `end`. Mulberry32, by Tommy Ettinger. */
  private below(end: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % end;
  }
}

const replaced = (dn: string, attribute: string, values: readonly string[]): string =>
  [
    `dn: ${dn}`,
    'changetype: modify',
    `replace: ${attribute}`,
    ...values.map((value) => `${attribute}: ${value}`),
    '',
  ].join('\n');
