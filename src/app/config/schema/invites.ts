/** Invitations of people who have not bound their address yet. */
export const invites = {
  webClient: {
    doc: 'Web client that opens the links of invitation mails.',
    format: 'baseUrl',
    default: 'https://app.element.io',
    example: 'https://element.example.org',
  },
  lifetime: {
    doc: 'Time after which an invitation expires if its address has not been bound; its link and its key are then invalid. Default: never.',
    format: 'lifetime',
    default: null,
    example: '366d',
  },
  allowedWebClients: {
    doc: 'Additional web clients that a homeserver may choose for these links.',
    format: 'baseUrls',
    default: [],
    example: ['https://chat.example.org'],
  },
} as const;
