/** What is logged, and where. */
export const log = {
  level: {
    doc: 'Lowest level that is logged: `error`, `warn`, `info` or `debug`.',
    format: 'logLevel',
    default: 'info',
  },
  format: {
    doc: '`json`: one JSON object per line. `pretty`: text for reading. `auto`: `pretty` on a terminal, otherwise `json`.',
    format: 'logFormat',
    default: 'auto',
  },
  file: {
    doc: 'File to log to instead of standard error. It is reopened on SIGHUP.',
    format: 'path',
    default: null,
    example: '/var/log/islet/islet.log',
  },
} as const;
