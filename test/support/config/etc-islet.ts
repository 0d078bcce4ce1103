import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { interpret, type LoadedConfig } from '../../../src/app/config/config.js';
import { parseYaml } from '../../../src/app/config/input/yaml-file.js';

/** An untrusted certificate, as content for certificate files. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgjCCASegAwIBAgIUSS8N3AbN31Esq1sxiWVevHzWAlQwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKSXNsZXQgdGVzdDAgFw0yNjExMjkwMjM3MjhaGA8yMTI2MTEw
NTAyMzcyOFowFTETMBEGA1UEAwwKSXNsZXQgdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABEfGu4RNvgx1fmj9JoTeVuKb8hntWTuvMcOnMelRKgeQfckfwUqJ
NzzTbvu0RDj/ORf23xtEyNYsjw2wHWS7BZKjUzBRMB0GA1UdDgQWBBQ4cAdqZGqO
WVzMCJAmrkITfUu0qjAfBgNVHSMEGDAWgBQ4cAdqZGqOWVzMCJAmrkITfUu0qjAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDs0wpMqh2ME68Wds6W
bZt49vP45JossgLEI4FFOfv+ZAIhAJ+RS+rIZMnMBWAzpjMWoyQAcaDaECggjdM8
rlt5nAtG
-----END CERTIFICATE-----
`;

/** The key of the certificate. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgiiSH6MxRuL1a03Gp
0qVg80PqjDLWP2a2XssHigaYtjuhRANCAARHxruETb4MdX5o/SaE3lbim/IZ7Vk7
rzHDpzHpUSoHkH3JH8FKiTc80277tEQ4/zkX9t8bRMjWLI8NsB1kuwWS
-----END PRIVATE KEY-----
`;

const contentOf = (path: string): string =>
  path.endsWith('.pem') ? CERTIFICATE : path.endsWith('client.key') ? KEY : 'secret\n';

/** Reads a configuration as if all files that it refers to in `/etc/islet` existed. */
export function loadFromEtc(yaml: string, env: Readonly<Record<string, string>> = {}): LoadedConfig {
  const folder = mkdtempSync(join(tmpdir(), 'islet-etc-'));
  try {
    for (const [path] of yaml.matchAll(/\/etc\/islet\/[\w.-]+/g)) {
      writeFileSync(join(folder, basename(path)), contentOf(path));
    }
    const file = join(folder, 'islet.yaml');
    return interpret(parseYaml(yaml.replaceAll('/etc/islet', folder), file), file, env, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
