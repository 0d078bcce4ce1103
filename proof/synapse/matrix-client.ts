import { createHmac } from 'node:crypto';
import { type Homeserver, REGISTRATION_SECRET } from './homeserver.js';

export interface Answer {
  readonly status: number;
  // oxlint-disable-next-line no-explicit-any -- bodies of others, looked into as a client does
  readonly json: any;
}

/** Sends a request with a JSON body. `json` is `undefined` if the response is not JSON. */
export async function requestJson(url: string, method: string, body?: object, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  return { status: response.status, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A user of a homeserver, with a client's requests. */
export class MatrixClient {
  private constructor(
    readonly homeserver: Homeserver,
    readonly mxid: string,
    readonly accessToken: string,
  ) {}

  /** Registers an account with the homeserver's shared secret. */
  static async register(homeserver: Homeserver, localpart: string, isAdmin = false): Promise<MatrixClient> {
    const url = `${homeserver.url}/_synapse/admin/v1/register`;
    const { json } = await requestJson(url, 'GET');
    const password = `password-of-${localpart}`;
    const parts = [json.nonce, localpart, password, isAdmin ? 'admin' : 'notadmin'];
    const mac = createHmac('sha1', REGISTRATION_SECRET).update(parts.join('\0')).digest('hex');
    const answer = await requestJson(url, 'POST', {
      nonce: json.nonce,
      username: localpart,
      password,
      admin: isAdmin,
      mac,
    });
    if (answer.status !== 200) throw new Error(`registration of ${localpart}: ${JSON.stringify(answer)}`);
    return new MatrixClient(homeserver, answer.json.user_id, answer.json.access_token);
  }

  get localpart(): string {
    return this.mxid.slice(1, this.mxid.indexOf(':'));
  }

  /** The same user, with a client that reaches the homeserver at another address, such as that of a proxy. */
  at(url: string): MatrixClient {
    return new MatrixClient({ ...this.homeserver, url }, this.mxid, this.accessToken);
  }

  /** @param path below `/_matrix/client/v3` */
  request(method: string, path: string, body?: object): Promise<Answer> {
    return requestJson(`${this.homeserver.url}/_matrix/client/v3${path}`, method, body, this.accessToken);
  }

  /** @param path from the root of the server */
  admin(method: string, path: string, body?: object): Promise<Answer> {
    return requestJson(`${this.homeserver.url}${path}`, method, body, this.accessToken);
  }

  async openId(): Promise<object> {
    return (await this.request('POST', `/user/${encodeURIComponent(this.mxid)}/openid/request_token`, {})).json;
  }

  /** @returns the id of the new room */
  async createRoom(options: object): Promise<string> {
    const { status, json } = await this.request('POST', '/createRoom', options);
    if (status !== 200) throw new Error(`createRoom: ${status} ${JSON.stringify(json)}`);
    return json.room_id;
  }

  inviteByEmail(roomId: string, address: string, idServer: string, idToken: string): Promise<Answer> {
    const body = { medium: 'email', address, id_server: idServer, id_access_token: idToken };
    return this.request('POST', `/rooms/${encodeURIComponent(roomId)}/invite`, body);
  }

  async joinedRooms(): Promise<readonly string[]> {
    return (await this.request('GET', '/joined_rooms')).json.joined_rooms;
  }

  /** The membership of a user in a room: `invite`, `join`, … or `undefined`. */
  async membership(roomId: string, mxid: string): Promise<string | undefined> {
    const path = `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(mxid)}`;
    const { status, json } = await this.request('GET', path);
    return status === 200 ? json.membership : undefined;
  }

  /** The rooms to which this user has an invitation. */
  async invitations(): Promise<readonly string[]> {
    const filter = encodeURIComponent(JSON.stringify({ room: { timeline: { limit: 1 } } }));
    const { json } = await this.request('GET', `/sync?timeout=0&filter=${filter}`);
    return Object.keys(json.rooms?.invite ?? {});
  }

  join(roomId: string): Promise<Answer> {
    return this.request('POST', `/join/${encodeURIComponent(roomId)}`, {});
  }
}
