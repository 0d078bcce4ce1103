import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { interpret, type LoadedConfig } from '../../../src/app/config/config.js';
import { parseYaml } from '../../../src/app/config/input/yaml-file.js';

/** A certificate that nobody trusts, so that there is something to read. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgDCCASegAwIBAgIUJDZvXfNZC0UGmvrea3DDh+vMkW4wCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKSXNsZXQgdGVzdDAgFw0yNjExMjUxNjI3MTRaGA8yMTI2MTEw
MTE2MjcxNFowFTETMBEGA1UEAwwKSXNsZXQgdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABKf7vPEhTRv/lLqiLB0O7Uyov0p1CV6Uw1Kyx5+u6dvqgniBppqN
+ml9LRbZZy53Tupm4C1N9dV/F2wdZIVPcY+jUzBRMB0GA1UdDgQWBBQLMjo4/4cC
7/z/zP9DtjRILDbZhDAfBgNVHSMEGDAWgBQLMjo4/4cC7/z/zP9DtjRILDbZhDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIChcDclkmQObF5l03ZiF
p5zIA8MpR8bJYwPjcd7nyoBWAiB4sLx3ISoWWwPLH0RYBtMAZ/H/MP6TSVJ8mbrD
z5gKyQ==
-----END CERTIFICATE-----
`;

/** Reads a configuration as if every file that it names in `/etc/islet` were there. */
export function loadFromEtc(yaml: string, env: Readonly<Record<string, string>> = {}): LoadedConfig {
  const folder = mkdtempSync(join(tmpdir(), 'islet-etc-'));
  try {
    for (const [path] of yaml.matchAll(/\/etc\/islet\/[\w.-]+/g)) {
      writeFileSync(join(folder, basename(path)), path.endsWith('.pem') ? CERTIFICATE : 'secret\n');
    }
    const file = join(folder, 'islet.yaml');
    return interpret(parseYaml(yaml.replaceAll('/etc/islet', folder), file), file, env, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
