import { encode as encodeBase64, wrap as wrapBase64 } from 'nodemailer/lib/base64';
import MimeNode from 'nodemailer/lib/mime-node';
import { encode, wrap } from 'nodemailer/lib/qp';

/** An address and the name that is shown for it; `''` for none. */
export interface MailAddress {
  readonly name: string;
  readonly address: string;
}

/** What differs from mail to mail. */
export interface ComposedMail {
  readonly to: MailAddress;
  readonly subject: string;
  readonly language: string;
  readonly text: string;
  readonly html: string;
  /** With angle brackets. */
  readonly messageId: string;
}

type Encoding = '7bit' | 'quoted-printable' | 'base64';

interface Line {
  readonly text: string;
  /** In quoted-printable form. */
  readonly quoted: string;
  readonly letterCount: number;
  readonly otherCount: number;
  readonly isKept: boolean;
}

const BREAK = /\r\n|\r|\n/;
/** RFC 2045, 6.7 (5) and 6.8. */
const LONGEST_ENCODED_LINE = 76;
const PLAIN = /^[\t\x20-\x7e]*$/;
/** A template has about a hundred lines. */
const MOST_LINES = 2_000;
const LONGEST_LINE = 500;

/**
 * Composes mails with a text and an HTML form, each at once. nodemailer makes and encodes their headers and encodes
 * their lines, but if it composed them, it would pass each part through several streams, and encode the headers and
 * lines of a template again for each mail.
 */
export class MailSources {
  /** Most lines of a mail are those of its template. */
  private readonly lines = new Map<string, Line>();
  /** The kept lines of the last mail, by content type. */
  private readonly lastLines = new Map<string, readonly (Line | undefined)[]>();
  /** By language. */
  private readonly fixedHeaders = new Map<string, string>();
  /** By content type and encoding. */
  private readonly partHeaders = new Map<string, string>();

  constructor(private readonly from: MailAddress) {}

  /**
   * The source of a mail, in lines that end with CRLF.
   *
   * @param secret lines that contain it are not kept
   */
  compose(mail: ComposedMail, secret = ''): string {
    const { to, subject, text, html, messageId } = mail;
    const root = new MimeNode('multipart/alternative');
    root.setHeader({ To: to, Subject: subject, 'Message-ID': messageId });
    const headers = `${this.fixedHeadersOf(mail.language)}\r\n${root.buildHeaders()}\r\n\r\n`;
    const boundary = `--${String(root.boundary)}`; // random; the headers name it
    const parts = [
      ...(text === '' ? [] : [this.part('text/plain; charset=utf-8', text, secret)]),
      ...(html === '' ? [] : [this.part('text/html; charset=utf-8', html, secret)]),
    ];
    return `${headers}${parts.map((part) => `${boundary}\r\n${part}\r\n`).join('')}${boundary}--\r\n`;
  }

  private fixedHeadersOf(language: string): string {
    return kept(this.fixedHeaders, language, () =>
      headersOf({
        From: this.from,
        'Auto-Submitted': 'auto-generated',
        // Suppresses automatic replies of Exchange.
        'X-Auto-Response-Suppress': 'All',
        'Content-Language': language,
      }),
    );
  }

  /** A part with its headers, in the encoding that nodemailer would choose. */
  private part(type: string, text: string, secret: string): string {
    const texts = text.split(BREAK);
    if (texts.every(isPlain)) return this.encodedPart(type, '7bit', texts.join('\r\n'));
    // Comparing a line with the one in the same place of the last mail is quicker than finding it.
    const last = this.lastLines.get(type);
    const lines = texts.map((line, at) => (last?.[at]?.text === line ? last[at] : this.line(line, secret)));
    this.lastLines.set(
      type,
      lines.map((line) => (line.isKept ? line : undefined)),
    );
    const sum = (countOf: (line: Line) => number) => lines.reduce((total, line) => total + countOf(line), 0);
    return sum(({ letterCount }) => letterCount) > sum(({ otherCount }) => otherCount)
      ? this.encodedPart(type, 'quoted-printable', lines.map(({ quoted }) => quoted).join('\r\n'))
      : this.encodedPart(type, 'base64', wrapBase64(encodeBase64(texts.join('\r\n')), LONGEST_ENCODED_LINE));
  }

  private encodedPart(type: string, encoding: Encoding, content: string): string {
    const headers = kept(this.partHeaders, `${type} ${encoding}`, () =>
      headersOf({ 'Content-Type': type, 'Content-Transfer-Encoding': encoding }),
    );
    return `${headers}\r\n\r\n${content}`;
  }

  /** Soft line breaks are counted from the last line break, so each line can be encoded by itself. RFC 2045, 6.7 */
  private line(text: string, secret: string): Line {
    const known = this.lines.get(text);
    if (known) return known;
    const isKept = text.length <= LONGEST_LINE && (secret === '' || !text.includes(secret));
    const line = {
      text,
      isKept,
      quoted: wrap(encode(text), LONGEST_ENCODED_LINE),
      letterCount: text.replace(/[^A-Za-z]+/g, '').length,
      otherCount: text.replace(/[\t\x20-\x7f]+/g, '').length,
    };
    if (!isKept) return line;
    if (this.lines.size >= MOST_LINES) this.lines.clear();
    this.lines.set(text, line);
    return line;
  }
}

/** Whether a line may be sent as it is. */
const isPlain = (line: string): boolean => line.length <= LONGEST_ENCODED_LINE && PLAIN.test(line);

/** Headers as nodemailer writes them. Only the topmost node of a mail has a date and an id. */
function headersOf(headers: Readonly<Record<string, string | MailAddress>>): string {
  const node = new MimeNode(undefined, { rootNode: new MimeNode() });
  return node.setHeader({ ...headers }).buildHeaders();
}

function kept(texts: Map<string, string>, key: string, make: () => string): string {
  const text = texts.get(key) ?? make();
  texts.set(key, text);
  return text;
}
