import { eventually } from '../eventually.js';
import { startIslet } from '../islet.js';
import { startMailServer } from '../smtp.js';
import { startStandIn } from '../stand-in.js';
import { startSynapse } from './synapse.js';

export const ID_SERVER = 'id.example.org';

/**
 * A running server, a homeserver, a mail server and an SMS gateway.
 *
 * @param config additional configuration of the server
 * @param files text files beside the configuration, by name
 */
export async function startWorld(config: Record<string, unknown> = {}, files: Readonly<Record<string, string>> = {}) {
  const mails = await startMailServer();
  const texts: { to: string; text: string }[] = [];
  const gateway = await startStandIn((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      texts.push(JSON.parse(body) as { to: string; text: string });
      response.end('{}');
    });
  });
  let url = '';
  const synapse = await startSynapse({ name: 'example.org', identityServer: () => ({ name: ID_SERVER, url }) });
  const islet = await startIslet(
    {
      server: { name: ID_SERVER, publicUrl: `https://${ID_SERVER}` },
      // The homeserver runs on this machine, and there is no proxy in front of version 1.
      v1: { allowFrom: ['loopback'] },
      sources: ['bindings'],
      homeservers: { 'example.org': { url: synapse.url } },
      mail: { host: '127.0.0.1', port: mails.port, tls: 'none', from: 'Islet <noreply@example.org>' },
      sms: { gateways: [{ http: { url: `${gateway.url}/send`, body: '{"to":"{{number}}","text":"{{text}}"}' } }] },
      ...config,
    },
    files,
  );
  url = islet.url;

  return {
    islet,
    synapse,
    mails,
    texts,

    /** The link in the latest mail to an address, with its URL on this machine. */
    async linkMailedTo(address: string): Promise<URL> {
      const received = await eventually(() => mails.mails.findLast(({ envelope }) => envelope.to.includes(address)));
      const [link = ''] = /https:\/\/\S+/.exec(received.mail.text ?? '') ?? [];
      return onThisMachine(link);
    },

    /** The sign URL in the link of an invitation, extracted as in Element. */
    signUrlOf(link: URL): string {
      const [, query = ''] = link.hash.split('?');
      return onThisMachine(new URLSearchParams(query).get('signurl') ?? '').href;
    },

    /** Opens a validation link and presses the button on the page. */
    async follow(link: URL): Promise<void> {
      const page = await (await fetch(link)).text();
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1] ?? '';
      const pressed = await fetch(new URL(action, link), { method: 'POST', body: link.searchParams });
      if (!pressed.ok) throw new Error(`the button led to ${pressed.status}`);
    },

    /** The code in the latest text message. */
    codeTextedTo(number: string): string {
      const text = texts.findLast(({ to }) => to === number)?.text ?? '';
      return /\d{6}/.exec(text)?.[0] ?? '';
    },

    async close(): Promise<void> {
      await islet.remove();
      await Promise.all([synapse.close(), mails.close(), gateway.close()]);
    },
  };

  function onThisMachine(link: string): URL {
    return new URL(link.replace(`https://${ID_SERVER}`, islet.url));
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>;
