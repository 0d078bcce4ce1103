import { Readable } from 'node:stream';
import MimeNode from 'nodemailer/lib/mime-node';
import type SMTPPool from 'nodemailer/lib/smtp-pool';

/** A mail whose source is complete. */
export interface ReadyMail {
  readonly from: string;
  readonly to: string;
  /** With angle brackets. */
  readonly messageId: string;
  /** Lines that end with CRLF. */
  readonly source: Buffer;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** Called when its transmission begins: before that, it cannot have been accepted. */
  readonly begin?: () => void;
}

type PoolMail = Parameters<SMTPPool['send']>[0];

/**
 * The mail as nodemailer gives it to its pool. `sendMail` would make it from a source, too, but in the steps that a mail
 * of parts needs: it parses the addresses, copies the options, and passes the source through several streams. That takes
 * as long as sending.
 */
export function poolMailOf({ from, to, messageId, source, signal, begin }: ReadyMail): PoolMail {
  const [sender, recipient] = [envelopeAddress(from), envelopeAddress(to)];
  const message = {
    getHeader: () => messageId,
    messageId: () => messageId,
    // The connection adds properties.
    getEnvelope: () => ({ from: sender, to: [recipient] }),
    createReadStream() {
      begin?.();
      return new Readable({
        read() {
          this.push(source);
          this.push(null);
        },
      });
    },
  };
  return { data: { signal }, message } as unknown as PoolMail;
}

/** Addresses that are written in the same way everywhere. Others need quotes, or another form of the domain. */
const USUAL = /^[\w+-]+(?:\.[\w+-]+)*@(?:[a-z\d-]+\.)*[a-z][a-z\d-]*$/;

/** An address in the form for SMTP commands. */
function envelopeAddress(address: string): string {
  if (USUAL.test(address)) return address;
  const { to } = new MimeNode().setEnvelope({ to: { name: '', address } }).getEnvelope();
  return to[0] ?? address;
}
