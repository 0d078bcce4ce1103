import { connect, type Socket } from 'node:net';
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import './nodemailer-patches.js';
import { ADDRESS_ATTEMPT_MS } from '../shared/address-attempts.js';
import { trustOf, verifiedTls } from '../shared/tls-options.js';

/**
 * Encryption of the connection to a mail server. `none`: never, even if offered. `opportunistic`: if possible, without
 * verifying the certificate; a password is only sent encrypted. `required`: STARTTLS, verified. `implicit`: TLS from
 * the start, verified.
 */
export type SmtpEncryption = 'none' | 'opportunistic' | 'required' | 'implicit';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly tls: SmtpEncryption;
  /** Trusted CA certificates instead of the system's, PEM. */
  readonly ca?: string | undefined;
  /** Client certificate and key for servers that require them, PEM. */
  readonly clientCertificate?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** The client name in EHLO. It must be acceptable to this server. */
  readonly ehloName: string;
  readonly timeLimitMs: number;
}

type OpenSocketDone = (error: Error | null, options?: { connection: Socket }) => void;

/**
 * A connection pool for a mail server. If a pooled connection turns out to be closed, the message is sent on another
 * one.
 */
export function openPool(server: SmtpServer, tls = server.tls): SMTPPool {
  const { username, password } = server;
  return new SMTPPool({
    // Report a server that closes connections before the time limit is reached.
    maxRequeues: 2,
    ...connectionOptions(server, tls),
    // Also if the server offers no login: with a configured login, mail must not be sent unauthenticated.
    ...(username !== undefined && { auth: { user: username, pass: password ?? '' }, forceAuth: true }),
    getSocket: (_options: unknown, callback: OpenSocketDone) => openSocket(server, callback),
  });
}

/** Options of one connection whose socket is open. */
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
    // Half of it, so that after a stalled handshake there is time to continue without TLS.
    greetingTimeout: tls === 'opportunistic' ? timeLimitMs / 2 : timeLimitMs,
    socketTimeout: timeLimitMs,
  };
}

/**
 * Connects with the system's resolver. The library would only use name servers, which may not exist in an isolated
 * network, and do not know `/etc/hosts`.
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
    // From here on the library handles errors. An unhandled error event must not end the process.
    socket.on('error', () => undefined);
    socket.off('error', fail);
    done(null, { connection: socket });
  });
}
