import { scalars } from '../values/scalars.js';

const { text } = scalars;

/** Certificates for connections to one server. */
export const tlsFiles = {
  caFile: text.optional().meta({
    description: "CA certificates (PEM) to trust instead of the system's.",
    examples: ['/etc/islet/ca.pem'],
  }),
  certFile: text.optional().meta({
    description: 'Client certificate (PEM), if the server requires one.',
    examples: ['/etc/islet/client.pem'],
  }),
  keyFile: text.optional().meta({
    description: 'Private key (PEM) of the client certificate.',
    examples: ['/etc/islet/client.key'],
  }),
};
