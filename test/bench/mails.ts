import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type ParsedMail, simpleParser } from 'mailparser';
import { type Closing, script } from './servers.js';

/** The argument of `sendMail` of nodemailer: the parts of a mail, or its source. */
export type BareMail = { readonly raw: string } | Readonly<Record<string, unknown>>;

export interface Spent {
  readonly ms: number;
  /** Processor time of the process, in ms. */
  readonly cpuMs: number;
}

/** A mail server in a separate process, which only stores the mails. */
export async function startMailSink(closing: Closing) {
  const sink = fork(script('mail-sink.mjs'));
  closing.push(async () => sink.kill());
  const { port } = await next<{ port: number }>(sink);
  return {
    port,
    /** The mails since the last call. */
    async take(): Promise<readonly string[]> {
      sink.send('take');
      return (await next<{ mails: readonly string[] }>(sink)).mails;
    },
  };
}

/** nodemailer alone, in a separate process. */
export async function startBareMails(port: number, connections: number, closing: Closing) {
  const bare = fork(script('bare-mails.mjs'), [String(port), String(connections)]);
  closing.push(async () => bare.kill());
  await once(bare, 'message');
  return (addresses: readonly string[], atOnce: number, mail: BareMail): Promise<Spent> => {
    bare.send({ addresses, atOnce, mail });
    return next<Spent>(bare);
  };
}

/** The parts of a received mail, in the form that a program passes to nodemailer, with the same texts and headers. */
export async function partsOf(source: string): Promise<BareMail> {
  const mail = await read(source);
  const headers = ['auto-submitted', 'x-auto-response-suppress', 'content-language'].map((name) => [
    name,
    mail.headers.get(name),
  ]);
  return {
    from: mail.from?.value[0],
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: mail.messageId,
    headers: Object.fromEntries(headers) as object,
  };
}

/** The tokens of validation mails, by session. */
export async function tokensIn(sources: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const tokens = new Map<string, string>();
  for (const source of sources) {
    const link = new URL(/^https:\S+$/m.exec((await read(source)).text ?? '')?.[0] ?? '');
    tokens.set(link.searchParams.get('sid') ?? '', link.searchParams.get('token') ?? '');
  }
  return tokens;
}

const read = (source: string): Promise<ParsedMail> => simpleParser(source, { skipTextToHtml: true });

async function next<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}
