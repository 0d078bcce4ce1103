import { scalars } from '../values/scalars.js';

const { text } = scalars;

/** Certificates for connections to one server. */
export const tlsFiles = {
  caFile: text.optional().meta({
    description: "Certificates (PEM) to trust instead of the system's.",
    examples: ['/etc/islet/ca.pem'],
  }),
  certFile: text.optional().meta({
    description: 'Our certificate (PEM), for servers that want one.',
    examples: ['/etc/islet/client.pem'],
  }),
  keyFile: text.optional().meta({
    description: 'The key of that certificate (PEM).',
    examples: ['/etc/islet/client.key'],
  }),
};
