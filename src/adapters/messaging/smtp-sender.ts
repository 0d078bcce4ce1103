import { hash, randomUUID } from 'node:crypto';
import type { NodemailerError } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import type SMTPPool from 'nodemailer/lib/smtp-pool';
import { mailAddress } from '../../domain/identifiers/mailbox.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { DeliveryError, Message, MessageSender } from '../../ports/message-sender.js';
import { openPool, type SmtpServer } from './smtp-connections.js';
import { LoginGate } from '../shared/login-gate.js';
import { RotatingSecret } from '../shared/rotating-secret.js';
import { smtpFailure } from './smtp-failure.js';
import { MailSources } from './mail-source.js';
import { poolMailOf, type ReadyMail } from './ready-mail.js';
import type { Templates } from './templates.js';
import { inUrl } from '../shared/hosts.js';

export interface SmtpOptions extends SmtpServer {
  /** Sender of mails, and address for bounces: `Islet <noreply@id.example.org>` */
  readonly from: string;
}

/**
 * Sends mail through one mail server. Several mails are sent concurrently. Each is sent to the server once, with one
 * time limit for everything including the wait for a free connection.
 */
export class SmtpSender implements MessageSender {
  readonly medium = 'email';

  private readonly from: { readonly name: string; readonly address: string };
  private readonly endpoint: string;
  private pool: SMTPPool;
  /** For servers whose encryption does not work, if it is optional. */
  private readonly plainPool: SMTPPool | undefined;
  /** The password of the pool. */
  private password: string | undefined;
  /** Absent if there is no login. */
  private readonly gate: LoginGate | undefined;
  private readonly sources: MailSources;

  /**
   * @param secret the password, if it may change
   * @throws if `from` is not a single address
   */
  constructor(
    private readonly options: SmtpOptions,
    private readonly templates: Templates,
    private readonly secret = options.password === undefined ? undefined : new RotatingSecret(options.password),
  ) {
    this.from = oneAddress(options.from);
    this.sources = new MailSources(this.from);
    this.endpoint = `mail server ${inUrl(options.host)}:${options.port}`;
    this.password = secret?.value;
    this.gate = secret && new LoginGate(secret);
    this.pool = this.open();
    if (options.tls === 'opportunistic' && options.username === undefined) this.plainPool = openPool(options, 'none');
  }

  /** Reads the password again. A refused one may be tried again at once. */
  reloadSecrets(): void {
    this.gate?.reset();
    this.usePassword(this.secret?.latest);
  }

  async send(to: Threepid, message: Message): Promise<void> {
    const limit = new AbortController();
    const mail = this.compose(to, message, limit.signal);
    // The timer of `AbortSignal.timeout` would stay for its whole time, also after the mail was sent.
    const timer = setTimeout(() => limit.abort(), this.options.timeLimitMs).unref();
    try {
      await this.deliver(mail);
    } catch (error) {
      throw this.failure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Connects and logs in, without sending a mail. @throws DeliveryError like `send` */
  async verify(): Promise<void> {
    try {
      await this.pool.verify();
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Lets mails in progress finish. */
  close(): void {
    this.pool.close();
    this.plainPool?.close();
  }

  /** Logs in with this password from now on. */
  private usePassword(password: string | undefined): void {
    if (password === this.password) return;
    this.password = password;
    const former = this.pool;
    this.pool = this.open();
    former.close(); // mails in progress may finish
  }

  private open(): SMTPPool {
    return openPool({ ...this.options, password: this.password });
  }

  private failure(error: unknown): DeliveryError {
    const { timeLimitMs, username } = this.options;
    return smtpFailure(this.endpoint, error as NodemailerError, timeLimitMs, { from: this.from, username });
  }

  private async deliver(mail: ReadyMail): Promise<void> {
    let isBegun = false;
    try {
      await this.sendLoggedIn({ ...mail, begin: () => (isBegun = true) });
    } catch (error) {
      // A failed TLS handshake: neither a response of the server nor a failure to connect.
      const { command, responseCode } = error as NodemailerError;
      const isHandshake = command !== undefined && responseCode === undefined && !isBegun;
      if (!this.plainPool || !isHandshake || mail.signal.aborted) throw error;
      await sendOn(this.plainPool, mail);
    }
  }

  /** Sends on the pool. If the login is refused and the password has changed meanwhile, tries once more. */
  private async sendLoggedIn(mail: ReadyMail): Promise<void> {
    const { gate, secret } = this;
    if (!gate || !secret) return sendOn(this.pool, mail);
    const tried = gate.enter();
    try {
      await this.sendWith(tried, mail, gate);
    } catch (error) {
      if ((error as NodemailerError).code !== 'EAUTH' || secret.latest === tried) throw error;
      await this.sendWith(secret.value, mail, gate);
    }
  }

  private async sendWith(password: string, mail: ReadyMail, gate: LoginGate): Promise<void> {
    this.usePassword(password);
    try {
      await sendOn(this.pool, mail);
    } catch (error) {
      const { code, responseCode = 0 } = error as NodemailerError;
      if (code === 'EAUTH' && responseCode >= 500) gate.noteRefusal(password);
      throw error;
    }
    gate.reset();
  }

  private compose(to: Threepid, message: Message, signal: AbortSignal): ReadyMail {
    const { language, subject, text, html } = this.templates.renderMail(message);
    const address = mailAddress(to.address);
    const messageId = `<${nameOf(message.id ?? randomUUID())}@${domainOf(this.from.address)}>`;
    const source = this.sources.compose(
      // An object: in a string, a comma would make it two addresses.
      { to: { name: '', address }, language, subject, text, html, messageId },
      message.kind === 'validation' ? message.token : message.invite.token,
    );
    return { from: this.from.address, to: address, messageId, source: Buffer.from(source), signal };
  }
}

const sendOn = (pool: SMTPPool, mail: ReadyMail): Promise<void> =>
  new Promise((resolve, reject) => pool.send(poolMailOf(mail), (error) => (error ? reject(error) : resolve())));

/** The public form of an id. It is hashed because ids may contain secrets. */
const nameOf = (id: string): string => hash('sha256', id).slice(0, 40);

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** @throws if the text is not a single address */
export function oneAddress(text: string): { name: string; address: string } {
  const [mailbox, ...others] = addressparser(text);
  if (!mailbox?.address?.includes('@') || others.length > 0) throw new Error(`"${text}" is not a valid sender address`);
  return { name: mailbox.name, address: mailbox.address };
}
