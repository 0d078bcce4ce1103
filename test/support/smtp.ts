import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Certificate } from './tls.js';

export interface ReceivedMail {
  readonly mail: ParsedMail;
  /** As it came over the wire. */
  readonly raw: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** How the client introduced itself. */
  readonly helo: string;
  readonly isEncrypted: boolean;
  /** Who logged in. */
  readonly user: string | undefined;
}

export interface MailServer {
  readonly port: number;
  /** Every mail it accepted, in order. */
  readonly mails: readonly ReceivedMail[];
  /** Answers the next recipients with this, e.g. `550 5.1.1 User unknown`; `undefined` accepts again. */
  refuseRecipients(answer: string | undefined): void;
  /** Keeps the next recipients waiting, until it closes or is told otherwise. */
  stall(isStalling: boolean): void;
  /** How many are kept waiting. */
  waitingCount(): number;
  /** Cuts the connections that are open now. */
  cutConnections(): void;
  /** How many connections there were. */
  connectionCount(): number;
  close(): Promise<void>;
}

export interface MailServerOptions {
  /** With it, STARTTLS is offered, or with `isImplicit` TLS from the first byte. */
  readonly certificate?: Certificate;
  readonly isImplicit?: boolean;
  /** The one login there is. It is offered without encryption too. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly port?: number;
}

/** A mail server of our own, on a free port of 127.0.0.1. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { certificate, isImplicit = false, login, port = 0 } = options;
  const mails: ReceivedMail[] = [];
  let refusal: string | undefined;
  let isStalling = false;
  let connectionCount = 0;
  const stalled = new Set<() => void>();

  const settings: SMTPServerOptions = {
    secure: isImplicit,
    ...certificate,
    disabledCommands: [...(certificate ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    allowInsecureAuth: true,
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth({ username, password }, _session, done) {
      if (username !== login?.username || password !== login?.password) return done(new Error('no such login'));
      return done(null, { user: username });
    },
    onRcptTo(_address, _session, done) {
      if (isStalling) return void stalled.add(() => done(null));
      return done(refusal === undefined ? null : refused(refusal));
    },
    onData(stream, session, done) {
      receive(stream, session).then((mail) => (mails.push(mail), done(null)), done);
    },
  };
  const server = new SMTPServer(settings);
  server.on('error', () => undefined);
  server.server.on('connection', () => (connectionCount += 1));
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');

  const release = () => {
    for (const goOn of stalled) goOn();
    stalled.clear();
  };
  const cutConnections = () => {
    // The topmost socket: Node crashes if the one below its TLS goes first.
    for (const connection of server.connections) connection._socket.destroy();
  };
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refuseRecipients: (answer) => void (refusal = answer),
    stall(next) {
      isStalling = next;
      if (!next) release();
    },
    waitingCount: () => stalled.size,
    cutConnections,
    connectionCount: () => connectionCount,
    async close() {
      cutConnections();
      release();
      await new Promise<void>((resolve) => server.close(resolve));
    },
  };
}

/**
 * A server that answers each line with what `answer` says: for servers that misbehave. It greets
 * with its answer to `''`; `undefined` says nothing.
 */
export async function startScriptedServer(answer: (line: string, socket: Socket) => string | undefined) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    const say = (line: string) => {
      const text = answer(line, socket);
      if (text !== undefined && !socket.destroyed) socket.write(`${text}\r\n`);
    };
    createInterface({ input: socket })
      .on('line', say)
      .on('error', () => undefined);
    say('');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function refused(answer: string): Error {
  const [code, ...words] = answer.split(' ');
  return Object.assign(new Error(words.join(' ')), { responseCode: Number(code) });
}

async function receive(stream: Readable, session: SMTPServerSession): Promise<ReceivedMail> {
  const chunks = (await stream.toArray()) as Buffer[];
  const raw = Buffer.concat(chunks);
  const { mailFrom, rcptTo } = session.envelope;
  return {
    mail: await simpleParser(raw),
    raw: raw.toString(),
    envelope: { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) },
    helo: session.hostNameAppearsAs ?? '',
    isEncrypted: session.secure,
    user: session.user as string | undefined,
  };
}
