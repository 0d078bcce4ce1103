import { buffer } from 'node:stream/consumers';
import MimeNode from 'nodemailer/lib/mime-node';
import { describe, expect, it } from 'vitest';
import { poolMailOf } from '../../../src/adapters/messaging/ready-mail.js';

const mail = {
  from: 'islet@example.org',
  to: 'anna@example.net',
  messageId: '<1@example.org>',
  source: Buffer.from('Subject: x\r\n\r\n.\r\n\r\n'),
  signal: new AbortController().signal,
};

describe('a mail for the pool of nodemailer', () => {
  it.each([
    'anna@example.net',
    'Anna.B+news@EXAMPLE.net',
    'änna@example.net',
    'anna@bücher.example',
    'anna@xn--bcher-kva.example',
    'änna@xn--bcher-kva.example',
    '"anna,berta"@example.net',
    "o'brien@example.net",
    'a b@example.net',
    'anna..b@example.net',
    '.anna@example.net',
    'anna.@example.net',
    'anna@127.1',
    'anna@example.net.',
    'anna@[192.0.2.1]',
    'anna@example.net>\r\nRCPT TO:<eve@example.net',
  ])('has the envelope that sendMail makes: %j', (to) => {
    const { message } = poolMailOf({ ...mail, to });
    const address = { name: '', address: to };
    const envelope = new MimeNode().setEnvelope({ from: mail.from, to: address }).getEnvelope();
    expect(message?.getEnvelope()).toEqual(envelope);
  });

  it('can be sent again, each time from the beginning, and tells when it begins', async () => {
    const begun: number[] = [];
    const { message } = poolMailOf({ ...mail, begin: () => begun.push(begun.length) });
    expect(message?.getEnvelope()).not.toBe(message?.getEnvelope());
    expect(begun).toEqual([]);
    for (let attempt = 0; attempt < 2; attempt++) {
      const stream = message?.createReadStream();
      expect(stream && (await buffer(stream))).toEqual(mail.source);
    }
    expect(begun).toEqual([0, 1]);
  });
});
