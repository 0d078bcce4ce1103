/** How mails are sent. */
export const mail = {
  smtpUrl: {
    doc: 'SMTP server as one URL, instead of `host`, `port` and `username`: `smtps://user@host:port` for TLS from the start, `smtp://` otherwise.',
    format: 'smtpUrl',
    default: null,
    sensitive: true,
    example: 'smtps://islet@mail.example.org',
  },
  host: { doc: 'Host name of the SMTP server. Without it, no mail is sent.', format: 'host', default: null },
  port: {
    doc: 'Port of the SMTP server. Default: 465 for `tls: implicit`, 587 for `tls: required`, otherwise 25.',
    format: 'port',
    default: null,
  },
  tls: {
    doc: '`implicit`: TLS from the start. `required`: STARTTLS; without it, no mail is sent. `opportunistic`: STARTTLS if available; a password is never sent without TLS. `none`: no TLS. Default: `implicit` for `smtps://`, otherwise `opportunistic`.',
    format: 'smtpTls',
    default: null,
  },
  username: { doc: 'User name at the SMTP server.', format: 'text', default: null },
  password: { doc: 'Password for `username`.', format: 'secret', default: null, sensitive: true },
  passwordFile: {
    doc: 'File with the password for `username`.',
    format: 'path',
    default: null,
    example: '/etc/islet/smtp-password',
  },
  caFile: {
    doc: "CA certificates (PEM) to trust instead of the system's.",
    format: 'path',
    default: null,
    example: '/etc/islet/ca.pem',
  },
  certFile: {
    doc: 'Client certificate (PEM), if the SMTP server requires one.',
    format: 'path',
    default: null,
    example: '/etc/islet/client.pem',
  },
  keyFile: {
    doc: 'Private key (PEM) of the client certificate.',
    format: 'path',
    default: null,
    example: '/etc/islet/client.key',
  },
  from: {
    doc: 'Sender address of mails. Default: `noreply@` and `server.name`.',
    format: 'mailbox',
    default: null,
    example: 'Example <noreply@example.org>',
  },
  ehloName: {
    doc: 'Host name in the EHLO command. Default: the host of `server.publicUrl`, otherwise the host name of this machine.',
    format: 'host',
    default: null,
  },
  timeLimit: { doc: 'Time limit for handing one mail to the SMTP server.', format: 'duration', default: '20s' },
} as const;
