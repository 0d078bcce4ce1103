import { connect, type Socket } from 'node:net';
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { createTransport, type SMTPPoolOptions, type SMTPPoolSentMessageInfo, type Transporter } from 'nodemailer';
import './nodemailer-patches.js';
import { ADDRESS_ATTEMPT_MS } from '../shared/address-attempts.js';
import { trustOf, verifiedTls } from '../shared/tls-options.js';

/**
 * How a mail server is reached. `none`: never encrypted, whatever it offers. `opportunistic`:
 * encrypted if that works, with whatever certificate; a password is sent encrypted or not at all.
 * `required`: STARTTLS, verified. `implicit`: encrypted from the first byte, verified.
 */
export type SmtpEncryption = 'none' | 'opportunistic' | 'required' | 'implicit';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly tls: SmtpEncryption;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** For servers that want one: our certificate and its key, PEM. */
  readonly clientCertificate?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** How we introduce ourselves: a name that this server accepts. */
  readonly ehloName: string;
  readonly timeLimitMs: number;
}

type OpenSocketDone = (error: Error | null, options?: { connection: Socket }) => void;

export type SmtpPool = Transporter<SMTPPoolSentMessageInfo, SMTPPoolOptions>;

/** Pooled connections to a mail server. A message that meets a connection gone stale is sent over another one. */
export function openPool(server: SmtpServer, tls = server.tls): SmtpPool {
  const { username, password } = server;
  return createTransport({
    pool: true,
    // A server that hangs up is said to, before its time limit is over.
    maxRequeues: 2,
    ...connectionOptions(server, tls),
    // Also where it offers none: mail must not go as nobody's where a login is configured.
    ...(username !== undefined && { auth: { user: username, pass: password ?? '' }, forceAuth: true }),
    getSocket: (_options: unknown, callback: OpenSocketDone) => openSocket(server, callback),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** For one connection, once its socket is open. */
export function connectionOptions(server: SmtpServer, tls = server.tls) {
  const { host, port, username, ehloName, timeLimitMs } = server;
  const verified = verifiedTls(host, server);
  const encryption: Record<SmtpEncryption, SMTPConnectionOptions> = {
    none: { ignoreTLS: true },
    opportunistic: {
      ...(username === undefined ? { opportunisticTLS: true } : { requireTLS: true }),
      tls: { secureContext: trustOf(server), rejectUnauthorized: false },
    },
    required: { requireTLS: true, tls: verified },
    implicit: { secure: true, tls: verified },
  };
  return {
    host,
    port,
    secure: false,
    ...encryption[tls],
    name: ehloName,
    connectionTimeout: timeLimitMs,
    // Half of it, so that a handshake that hangs leaves time to go on without.
    greetingTimeout: tls === 'opportunistic' ? timeLimitMs / 2 : timeLimitMs,
    socketTimeout: timeLimitMs,
  };
}

/**
 * Connects as every program here does. The library would ask the name servers alone, which in a
 * network of its own may not exist, or not know what `/etc/hosts` knows.
 */
export function openSocket({ host, port, timeLimitMs }: SmtpServer, done: OpenSocketDone): void {
  const socket = connect({
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.min(ADDRESS_ATTEMPT_MS, timeLimitMs / 2),
  });
  const fail = (error: Error) => {
    clearTimeout(timer);
    socket.destroy();
    done(error);
  };
  const timer = setTimeout(fail, timeLimitMs, Object.assign(new Error('Connection timeout'), { code: 'ETIMEDOUT' }));
  socket.once('error', fail);
  socket.once('connect', () => {
    clearTimeout(timer);
    // From here on the library listens; a socket that nobody listens to must not end the process either.
    socket.on('error', () => undefined);
    socket.off('error', fail);
    done(null, { connection: socket });
  });
}
