import { createHash } from 'node:crypto';
import type { NodemailerError, SendMailOptions } from 'nodemailer';
import addressparser from 'nodemailer/lib/addressparser';
import { mailAddress } from '../../domain/identifiers/mailbox.js';
import type { Threepid } from '../../domain/identifiers/threepid.js';
import type { DeliveryError, Message, MessageSender } from '../../ports/message-sender.js';
import { openPool, type SmtpPool, type SmtpServer } from './smtp-connections.js';
import { smtpFailure } from './smtp-failure.js';
import type { Templates } from './templates.js';
import { inUrl } from '../shared/hosts.js';

export interface SmtpOptions extends SmtpServer {
  /** Whom mails are from, and where what cannot be delivered goes back to: `Islet <noreply@id.example.org>` */
  readonly from: string;
}

/**
 * Mails by way of one mail server. Several are sent at once; each is sent to the server once, and
 * has one time limit for everything, its wait for a free connection included.
 */
export class SmtpSender implements MessageSender {
  readonly medium = 'email';

  private readonly from: { readonly name: string; readonly address: string };
  private readonly endpoint: string;
  private pool: SmtpPool;
  /** For a server whose encryption does not work, where it need not. */
  private readonly plainPool: SmtpPool | undefined;
  private password: string | undefined;
  /** The sending of which began: before that nothing can have been accepted. */
  private readonly begun = new WeakSet<AbortSignal>();

  /**
   * @param reread the password as it is now where it is kept; absent if it is written down for good
   * @throws if `from` is not one address
   */
  constructor(
    private readonly options: SmtpOptions,
    private readonly templates: Templates,
    private readonly reread?: () => string,
  ) {
    this.from = oneAddress(options.from);
    this.endpoint = `mail server ${inUrl(options.host)}:${options.port}`;
    this.password = options.password;
    this.pool = this.open();
    if (options.tls === 'opportunistic' && options.username === undefined) this.plainPool = openPool(options, 'none');
  }

  /** Takes the password as it is now where it is kept. @returns whether it is another one */
  reloadSecrets(): boolean {
    const now = this.reread?.();
    if (now === undefined || now === this.password) return false;
    this.password = now;
    const former = this.pool;
    this.pool = this.open();
    former.close(); // mails under way may finish
    return true;
  }

  async send(to: Threepid, message: Message): Promise<void> {
    const signal = AbortSignal.timeout(this.options.timeLimitMs);
    const mail = { ...this.compose(to, message), signal };
    try {
      await this.deliver(mail, signal);
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Connects and logs in, and sends nothing. @throws DeliveryError as `send` would */
  async verify(): Promise<void> {
    try {
      await this.pool.verify();
    } catch (error) {
      throw this.failure(error);
    }
  }

  /** Lets mails under way finish. */
  close(): void {
    this.pool.close();
    this.plainPool?.close();
  }

  private open(): SmtpPool {
    const pool = openPool({ ...this.options, password: this.password });
    pool.use('stream', ({ data, message }, done) => {
      message.processFunc((input) => {
        if (data.signal) this.begun.add(data.signal);
        return input;
      });
      done();
    });
    return pool;
  }

  private failure(error: unknown): DeliveryError {
    const { timeLimitMs, username } = this.options;
    return smtpFailure(this.endpoint, error as NodemailerError, timeLimitMs, { from: this.from, username });
  }

  private async deliver(mail: SendMailOptions, signal: AbortSignal): Promise<void> {
    try {
      await this.pool.sendMail(mail).catch((error: unknown) => {
        if ((error as NodemailerError).code !== 'EAUTH' || !this.reloadSecrets()) throw error;
        return this.pool.sendMail(mail);
      });
    } catch (error) {
      // Not an answer of the server, and not a connection that there never was: the handshake.
      const { command, responseCode } = error as NodemailerError;
      const isHandshake = command !== undefined && responseCode === undefined && !this.begun.has(signal);
      if (!this.plainPool || !isHandshake || signal.aborted) throw error;
      await this.plainPool.sendMail(mail);
    }
  }

  private compose(to: Threepid, message: Message): SendMailOptions {
    const { language, subject, text, html } = this.templates.renderMail(message);
    // An object: as text, a comma in it would make two addresses of it.
    const recipient = { name: '', address: mailAddress(to.address) };
    return {
      from: this.from,
      to: recipient,
      envelope: { from: this.from.address, to: recipient },
      subject,
      text,
      html,
      ...(message.id !== undefined && { messageId: `<${nameOf(message.id)}@${domainOf(this.from.address)}>` }),
      headers: {
        'Auto-Submitted': 'auto-generated',
        // What Exchange goes by.
        'X-Auto-Response-Suppress': 'All',
        'Content-Language': language,
      },
    };
  }
}

/** As receivers see it: what it is made of may hold secrets. */
const nameOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 40);

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** @throws if the text is not one address */
export function oneAddress(text: string): { name: string; address: string } {
  const [mailbox, ...others] = addressparser(text);
  if (!mailbox?.address?.includes('@') || others.length > 0)
    throw new Error(`"${text}" is not an address mails can be from`);
  return { name: mailbox.name, address: mailbox.address };
}
