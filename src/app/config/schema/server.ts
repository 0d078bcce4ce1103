/** Names and public URL of this server. */
export const server = {
  name: {
    doc: 'Server name of this identity server. Clients send it as `id_server`, and associations are signed in this name.',
    format: 'serverName',
    default: 'localhost',
    example: 'id.example.org',
  },
  otherNames: {
    doc: 'Other names under which homeservers know this server, such as the name with its port, or an earlier name. Signed unbind requests are accepted for each of them.',
    format: 'serverNames',
    default: [],
    example: ['id.example.org:8090'],
  },
  publicUrl: {
    doc: 'Public URL of this server. Links in mails and key validity URLs start with it. Default: `http://` and the address in `listen`.',
    format: 'origin',
    default: null,
    example: 'https://id.example.org',
  },
} as const;
