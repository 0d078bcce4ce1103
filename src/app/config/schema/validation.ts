/** How people prove that an address is theirs. */
export const validation = {
  tokenLength: { doc: 'Number of characters in the token of a mailed link.', format: 'tokenLength', default: 32 },
  codeLength: { doc: 'Number of digits in a code that is sent by text message.', format: 'codeLength', default: 6 },
  nextLinks: {
    doc: 'Web sites to which a client may send people after validation (`next_link`). `server.publicUrl`, `invites.webClient` and `invites.allowedWebClients` are always allowed. Links to other sites are ignored.',
    format: 'baseUrls',
    default: [],
    example: ['https://element.example.org'],
  },
  confirmPage: {
    doc: 'Whether a mailed link opens a page with a button that confirms the address. This keeps mail scanners, which open links, from validating it. `false`: opening the link validates the address.',
    format: 'flag',
    default: true,
  },
} as const;
