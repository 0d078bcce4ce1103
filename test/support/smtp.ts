import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { Certificate } from './tls.js';

export interface ReceivedMail {
  readonly mail: ParsedMail;
  /** As received. */
  readonly raw: string;
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** The name in the client's HELO or EHLO. */
  readonly helo: string;
  readonly isEncrypted: boolean;
  /** The user who logged in. */
  readonly user: string | undefined;
}

export interface MailServer {
  readonly port: number;
  /** All mails that it accepted, in order. */
  readonly mails: readonly ReceivedMail[];
  /** The response to the next recipients, for example `550 5.1.1 User unknown`; `undefined` accepts them again. */
  refuseRecipients(answer: string | undefined): void;
  /** Delays the response to the next recipients until this is turned off or the server closes. */
  stall(isStalling: boolean): void;
  /** The number of delayed recipients. */
  waitingCount(): number;
  /** Closes all open connections. */
  cutConnections(): void;
  /** The number of connections so far. */
  connectionCount(): number;
  close(): Promise<void>;
}

export interface MailServerOptions {
  /** Enables STARTTLS, or with `isImplicit` TLS from the first byte. */
  readonly certificate?: Certificate;
  readonly isImplicit?: boolean;
  /** The only login. It is offered without encryption too. */
  readonly login?: { readonly username: string; readonly password: string };
  readonly port?: number;
}

/** A local mail server on a free port of 127.0.0.1. */
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
    for (const resume of stalled) resume();
    stalled.clear();
  };
  const cutConnections = () => {
    // Destroys the topmost socket: Node crashes if the socket below TLS is destroyed first.
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
 * A server that responds to each line with the result of `answer`, to simulate faulty servers. Its greeting is the
 * result for `''`; `undefined` sends nothing.
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
