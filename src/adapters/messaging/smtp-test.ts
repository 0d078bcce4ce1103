import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { NodemailerError } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { connectionOptions, openSocket, type SmtpEncryption } from './smtp-connections.js';
import { reasonOf } from './smtp-failure.js';
import { oneAddress, type SmtpOptions } from './smtp-sender.js';

export interface TestStep {
  readonly step: 'connect' | 'tls' | 'ehlo' | 'login' | 'sender' | 'recipient' | 'accepted';
  readonly isFine: boolean;
  /** The response of the mail server, or a description. Only for the operator: it may contain addresses. */
  readonly words: string;
}

export interface TestMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail that says why it was sent. */
export const testMail = (serverName: string, to: string): TestMail => ({
  to,
  subject: `Test mail from ${serverName}`,
  text: `An administrator of the identity server ${serverName} sent this mail to try it.\nIt shows that the mail settings are correct. You do not need to reply.\n`,
});

/** Sends one mail on a separate connection. @returns all steps; the last one has the result */
export async function trySending(options: SmtpOptions, mail: TestMail): Promise<readonly TestStep[]> {
  const test = new SmtpTest(options);
  await test.run(mail, options.tls).catch((error: unknown) => {
    if (!(error instanceof TestAbortedError)) throw error;
  });
  return test.steps;
}

/** The reason is in the last step. */
class TestAbortedError extends Error {}

/** Steps by SMTP command, as named by the library. */
const steps: Readonly<Record<string, TestStep['step']>> = { 'MAIL FROM': 'sender', 'RCPT TO': 'recipient' };

class SmtpTest {
  readonly steps: TestStep[] = [];
  /** The last response to each command. */
  private readonly answers = new Map<string, string>();
  /** Commands without a response so far. Some commands are sent together (pipelining). */
  private asked = ['greeting'];
  private lastAnswer = '';

  constructor(private readonly options: SmtpOptions) {}

  async run(mail: TestMail, tls: SmtpEncryption): Promise<void> {
    const { host, port, username, password } = this.options;
    const socket = await this.socket();
    const connection = new SMTPConnection({
      ...connectionOptions(this.options, tls),
      connection: socket,
      transactionLog: true,
      logger: this.listener(),
    });
    const broken = brokenConnection(connection);
    const settled = (start: (done: Done) => void) =>
      Promise.race([broken, new Promise<Problem>((resolve) => start((error) => resolve(error ?? undefined)))]);
    try {
      const problem = await settled((done) => connection.connect(done));
      if (problem && isHandshake(problem) && tls === 'opportunistic' && username === undefined) {
        this.report('tls', true, `${this.reason(problem)}; mail is sent without encryption`);
        return await this.run(mail, 'none');
      }
      if (this.steps.length === 0)
        this.report('connect', true, [`${host}:${port}`, this.answers.get('greeting') ?? []].flat().join(', '));
      if (problem) this.fail(isHandshake(problem) ? 'tls' : 'ehlo', problem);
      if (!this.steps.some(({ step }) => step === 'tls')) this.report('tls', true, encryptionOf(connection, tls));
      this.report('ehlo', true, this.answers.get('EHLO') ?? this.answers.get('HELO') ?? '');
      if (username !== undefined) {
        const refusal = await settled((done) => connection.login({ user: username, pass: password ?? '' }, done));
        if (refusal) this.fail('login', refusal);
        this.report('login', true, this.lastAnswer);
      }
      await this.send(connection, mail, settled);
    } finally {
      connection.close();
    }
  }

  private async send(connection: SMTPConnection, { to, subject, text }: TestMail, settled: Settled): Promise<void> {
    const from = oneAddress(this.options.from);
    const recipient = { name: '', address: to };
    const headers = { 'Auto-Submitted': 'auto-generated' };
    const raw = await new MailComposer({ from, to: recipient, subject, text, headers }).compile().build();
    let accepted = '';
    const problem = await settled((done) =>
      connection.send({ from: from.address, to: [to] }, raw, (error, info) => {
        accepted = info?.response ?? '';
        done(error);
      }),
    );
    const failed = problem && (steps[problem.command ?? ''] ?? 'accepted');
    for (const [command, step] of Object.entries(steps)) {
      if (problem && failed === step) this.fail(step, problem);
      const answer = this.answers.get(command.split(' ')[0] ?? '');
      if (answer !== undefined) this.report(step, true, answer);
    }
    if (problem) this.fail('accepted', problem);
    this.report('accepted', true, accepted);
  }

  private async socket(): Promise<Socket> {
    try {
      return await new Promise<Socket>((resolve, reject) =>
        openSocket(this.options, (error, opened) =>
          opened ? resolve(opened.connection) : reject(error ?? new Error()),
        ),
      );
    } catch (error) {
      return this.fail('connect', error as NodemailerError);
    }
  }

  private fail(step: TestStep['step'], error: NodemailerError): never {
    const words = error.response ? lineOf(error.response) : this.reason(error);
    this.report(step === 'ehlo' && !this.answers.has('greeting') ? 'connect' : step, false, words);
    throw new TestAbortedError();
  }

  private report(step: TestStep['step'], isFine: boolean, words: string): void {
    const before = this.steps.findIndex((known) => known.step === step);
    if (before >= 0) this.steps.splice(before, 1);
    this.steps.push({ step, isFine, words });
  }

  private reason(error: NodemailerError): string {
    return reasonOf(error, this.options.timeLimitMs);
  }

  /** Records the SMTP dialogue from the library's log. */
  private listener() {
    const record = (entry: unknown, text: unknown, ...more: unknown[]) => {
      const tnx = (entry as { tnx?: string } | undefined)?.tnx;
      const line = lineOf(String(text === '%s' ? more[0] : text));
      if (tnx === 'client') this.asked.push(line.split(/[\s:]/)[0] ?? '');
      if (tnx !== 'server') return;
      this.lastAnswer = line;
      this.answers.set(this.asked.shift() ?? '', line);
    };
    return { trace: record, debug: record, info: record, warn: record, error: record, fatal: record };
  }
}

type Problem = NodemailerError | undefined;
type Done = (error?: NodemailerError | null) => void;
/** Waits for the library's callback, or for the end of the connection. */
type Settled = (start: (done: Done) => void) => Promise<Problem>;

/** The library reports some errors only as an event. */
const brokenConnection = (connection: SMTPConnection) =>
  new Promise<Problem>((resolve) => {
    connection.on('error', resolve);
    connection.once('end', () => resolve(Object.assign(new Error('Connection ended'), { code: 'ECONNECTION' })));
  });

const isHandshake = ({ code, response, originalCode }: NodemailerError): boolean =>
  code === 'ETLS' || (response === undefined && /CERT|SIGNATURE|SSL|EPROTO/.test(`${code} ${originalCode}`));

function encryptionOf(connection: SMTPConnection, tls: SmtpEncryption): string {
  const socket: unknown = connection._socket;
  if (!(socket instanceof TLSSocket)) return tls === 'none' ? 'off' : 'not offered; mail is sent without encryption';
  const { subject, issuer, valid_to: until } = socket.getPeerCertificate();
  const certificate = `certificate of ${nameIn(subject)} by ${nameIn(issuer)}, valid until ${until}`;
  if (socket.authorized) return `${socket.getProtocol()}, ${certificate}: trusted`;
  return `${socket.getProtocol()}, ${certificate}: not trusted (${reasonIn(socket.authorizationError)}), but tls: ${tls} allows this`;
}

const nameIn = (name: { CN?: string | string[]; O?: string | string[] } | undefined): string =>
  [name?.CN ?? name?.O ?? 'nobody'].flat().join(', ');

const reasonIn = (error: Error | string | null): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : (error ?? 'unknown');

const lineOf = (text: string): string =>
  text
    .slice(0, 1000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
