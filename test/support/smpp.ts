import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import type { Certificate } from './tls.js';

export interface Submitted {
  readonly to: unknown;
  readonly from: unknown;
  readonly fields: Pdu;
  readonly text: string;
}

export type Behaviour =
  | 'accept'
  | 'refuse'
  | 'refuseBind'
  | 'ignoreBind'
  | 'ignore'
  | 'cutAtBind'
  | 'cutAtSubmit'
  | 'throttle'
  | 'full';

/** A local SMS message centre on a free port of 127.0.0.1. */
export async function startMessageCentre(password: string, certificate?: Certificate) {
  const submitted: Submitted[] = [];
  const binds: Pdu[] = [];
  const octets: Buffer[] = [];
  const sessions = new Set<Session>();
  const state = { behaviour: 'accept' as Behaviour, answersEnquiries: true, enquiries: 0, asked: 0 };
  const server = smpp.createServer({ ...certificate }, (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
    session.on('bind_transmitter', (pdu: Pdu) => {
      binds.push(pdu);
      if (state.behaviour === 'cutAtBind') return session.destroy();
      if (state.behaviour === 'ignoreBind') return;
      const isRefused = state.behaviour === 'refuseBind' || pdu['password'] !== password;
      session.send(pdu.response({ command_status: isRefused ? smpp.errors['ESME_RINVPASWD'] : 0, system_id: 'SMSC' }));
    });
    session.on('enquire_link', (pdu: Pdu) => {
      state.enquiries += 1;
      if (state.answersEnquiries) session.send(pdu.response());
    });
    let received = Buffer.alloc(0);
    session.socket.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
    session.on('submit_sm', (pdu: Pdu) => {
      state.asked += 1;
      if (state.behaviour === 'cutAtSubmit') return session.destroy();
      if (state.behaviour === 'ignore') return;
      if (state.behaviour === 'throttle' || state.behaviour === 'full') {
        const status = state.behaviour === 'full' ? 0x14 : 0x58;
        state.behaviour = 'accept';
        return session.send(pdu.response({ command_status: status }));
      }
      if (state.behaviour === 'refuse') {
        return session.send(pdu.response({ command_status: smpp.errors['ESME_RINVDSTADR'] }));
      }
      const { source_addr: from, destination_addr: to } = pdu;
      octets.push(received);
      submitted.push({ to, from, fields: pdu, text: textOf(pdu) });
      session.send(pdu.response({ message_id: `m-${submitted.length}` }));
    });
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    submitted,
    /** For each submission: all bytes received on its connection until then. */
    octets,
    binds,
    sessions,
    state,
    cut: () => {
      for (const session of sessions) session.destroy();
    },
    /** Requests all clients to unbind. */
    unbind: () => {
      for (const session of sessions) (session as unknown as { unbind(): void }).unbind();
    },
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function textOf({ short_message: short, message_payload: payload }: Pdu): string {
  const message = ((short as { message?: unknown }).message || payload) as string | { message: string };
  return typeof message === 'string' ? message : message.message;
}
