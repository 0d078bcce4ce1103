import type { ExternalServices } from './external-services.js';

/** The mails and text messages that people received, sorted by address. */
export class ReceivedMessages {
  private readonly codes = new Map<string, string>();
  private readonly invitations = new Map<string, number>();
  private readonly messageIds = new Map<string, number>();
  private seenMails = 0;
  private seenTexts = 0;
  private sameTexts = 0;
  private readonly texts = new Set<string>();

  constructor(private readonly services: Pick<ExternalServices, 'mails' | 'texts'>) {}

  /** The code sent to an address for a session. */
  codeFor(address: string, sid: string): string | undefined {
    this.read();
    return this.codes.get(address.includes('@') ? `${address} ${sid}` : address);
  }

  /** How many invitation mails were sent to an address. */
  invitationsTo(address: string): number {
    this.read();
    return this.invitations.get(address) ?? 0;
  }

  /** Mails that were sent again with the same Message-ID, and text messages that were sent again. */
  duplicates(): { readonly mails: number; readonly texts: number } {
    this.read();
    const again = [...this.messageIds.values()].map((count) => count - 1);
    return { mails: again.reduce((sum, count) => sum + count, 0), texts: this.sameTexts };
  }

  private read(): void {
    for (const { mail, envelope } of this.services.mails.mails.slice(this.seenMails)) {
      this.seenMails++;
      const [address = ''] = envelope.to;
      const [, sid] = /[?&]sid=(\w+)/.exec(mail.text ?? '') ?? [];
      const [, token = ''] = /[?&]token=([0-9A-Za-z]+)/.exec(mail.text ?? '') ?? [];
      if (sid === undefined) this.invitations.set(address, this.invitationsToNow(address) + 1);
      else this.codes.set(`${address} ${sid}`, token);
      const id = String(mail.messageId);
      this.messageIds.set(id, (this.messageIds.get(id) ?? 0) + 1);
    }
    for (const { to, text } of this.services.texts.slice(this.seenTexts)) {
      this.seenTexts++;
      const key = `${to} ${text}`;
      if (this.texts.has(key)) this.sameTexts++;
      this.texts.add(key);
      this.codes.set(to, /\b\d{6}\b/.exec(text)?.[0] ?? '');
    }
  }

  private invitationsToNow(address: string): number {
    return this.invitations.get(address) ?? 0;
  }
}
