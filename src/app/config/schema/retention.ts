/** How long data is kept. */
export const retention = {
  deliveredInvites: {
    doc: 'Time for which an invitation is kept after it was handed over to the homeserver of the invited person; `false` for ever. Its public key is kept for ever, because rooms refer to it.',
    format: 'retention',
    default: '90d',
  },
  formerUsers: {
    doc: 'Time for which the record and the suspended bindings of a person who left the directory are kept; `false` for ever. After that, a person who returns has to bind their own addresses again.',
    format: 'retention',
    default: '366d',
  },
  formerTerms: {
    doc: 'Time for which acceptances of terms are kept that a newer version has replaced; `false` for ever.',
    format: 'retention',
    default: '1096d',
  },
} as const;
