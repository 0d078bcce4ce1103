/** A text part of a mail template. */
export interface TemplatePart {
  readonly type: 'text/plain' | 'text/html';
  readonly text: string;
  /** The line of the file at which it begins, counted from 1. */
  readonly line: number;
}

export interface MimeTemplate {
  /** Values by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly parts: readonly TemplatePart[];
  /** One line for each part that is no text. */
  readonly notes: readonly string[];
}

const DEEPEST = 5;

/** Parses a whole mail as a template: headers, and one part or several. Placeholders stay as they are. */
export function parseMimeTemplate(text: string): MimeTemplate {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  const parts: TemplatePart[] = [];
  const notes: string[] = [];
  const headers = readEntity(lines, 0, lines.length, 0);
  return { headers, parts, notes };

  function readEntity(all: readonly string[], from: number, to: number, depth: number): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    let at = from;
    let name = '';
    for (; at < to && all[at] !== ''; at++) {
      const line = all[at] ?? '';
      const colon = line.indexOf(':');
      if (/^[ \t]/.test(line)) found.set(name, `${found.get(name) ?? ''} ${line.trim()}`);
      else if (colon > 0) {
        name = line.slice(0, colon).trim().toLowerCase();
        found.set(name, line.slice(colon + 1).trim());
      }
    }
    readBody(found, all, at + 1, to, depth);
    return found;
  }

  function readBody(
    entity: ReadonlyMap<string, string>,
    all: readonly string[],
    from: number,
    to: number,
    depth: number,
  ) {
    const type = (entity.get('content-type') ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? '';
    const [, quoted, bare] =
      /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(entity.get('content-type') ?? '') ?? [];
    const boundary = quoted ?? bare;
    if (type.startsWith('multipart/') && boundary !== undefined && depth < DEEPEST) {
      const marks = all.flatMap((line, at) => (at >= from && at < to && isMark(line, boundary) ? [at] : []));
      for (const [index, mark] of marks.entries()) {
        if (all[mark]?.trimEnd() === `--${boundary}--`) break;
        readEntity(all, mark + 1, marks[index + 1] ?? to, depth + 1);
      }
    } else if (type === 'text/plain' || type === 'text/html') {
      const text = decode(all.slice(from, to).join('\n'), entity.get('content-transfer-encoding'));
      parts.push({ type, text, line: from + 1 });
    } else notes.push(`line ${from + 1}: a part of the type ${type} is left out`);
  }
}

const isMark = (line: string, boundary: string): boolean => {
  const text = line.trimEnd();
  return text === `--${boundary}` || text === `--${boundary}--`;
};

function decode(text: string, encoding = ''): string {
  const kind = encoding.toLowerCase();
  if (kind === 'base64') return Buffer.from(text, 'base64').toString('utf8');
  if (kind !== 'quoted-printable') return text;
  const bytes = Buffer.from(text.replaceAll(/=[ \t]{0,100}\n/g, '')).toString('latin1');
  const decoded = bytes.replaceAll(/=([0-9A-F]{2})/gi, (_found, hex: string) =>
    String.fromCharCode(Number(`0x${hex}`)),
  );
  return Buffer.from(decoded, 'latin1').toString('utf8');
}
