// Sends mails with nodemailer alone. Fork it with PORT and CONNECTIONS, then send { addresses, atOnce, mail }, where mail is the
// argument of sendMail for each address. It answers with { ms, cpuMs }.
import { createTransport } from 'nodemailer';

const [port, maxConnections] = process.argv.slice(2).map(Number);
const pool = createTransport({ host: '127.0.0.1', port, pool: true, maxConnections, ignoreTLS: true });

process.on('message', (load) => void sendAll(load));

async function sendAll({ addresses, atOnce, mail }) {
  const [since, cpuSince] = [performance.now(), process.cpuUsage()];
  const waiting = [...addresses];
  const client = async () => {
    for (let to = waiting.shift(); to; to = waiting.shift()) {
      const envelope = { from: 'islet@example.org', to };
      await pool.sendMail(mail.raw ? { envelope, raw: mail.raw } : { ...mail, envelope, to });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  const { user, system } = process.cpuUsage(cpuSince);
  process.send({ ms: performance.now() - since, cpuMs: (user + system) / 1000 });
}
process.send('ready');
