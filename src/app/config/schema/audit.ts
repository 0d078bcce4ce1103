/** The audit trail. */
export const audit = {
  file: {
    doc: 'File for the audit trail, one JSON object per line. It is reopened on SIGHUP. Default: the entries are written to the log with the event `audit`.',
    format: 'path',
    default: null,
    example: '/var/log/islet/audit.log',
  },
  keep: {
    doc: 'How long the database keeps entries of the audit trail that are in the file or in the log. `islet audit` shows them for this time.',
    format: 'lifetime',
    default: '90d',
  },
} as const;
