// A mail server in a separate process, which stores mails unchanged. It sends { port } when it listens, and answers each
// message with the { mails } since the last one.
import { SMTPServer } from 'smtp-server';

let mails = [];
const server = new SMTPServer({
  disabledCommands: ['STARTTLS', 'AUTH'],
  authOptional: true,
  disableReverseLookup: true,
  onData(stream, _session, done) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      mails.push(Buffer.concat(chunks).toString());
      done(null);
    });
  },
});
server.on('error', () => undefined);
server.listen(0, '127.0.0.1', () => process.send({ port: server.server.address().port }));
process.on('message', () => {
  process.send({ mails });
  mails = [];
});
