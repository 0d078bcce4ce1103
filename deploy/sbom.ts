import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/*
 * npm 9, which Debian 13 has, does not know `npm sbom`, and that of npm 11.19 with `--omit dev` leaves out packages that
 * development dependencies use, too (seen 2026-11: yaml, pg-types, iconv-lite).
 */

const root = join(import.meta.dirname, '..');

interface LockedPackage {
  readonly version: string;
  readonly name?: string;
  readonly dev?: boolean;
  readonly integrity?: string;
  /** An SPDX expression. */
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** By their folders, such as `node_modules/pg`; the folder of this package is empty. */
type LockedPackages = Readonly<Record<string, LockedPackage>>;

/**
 * The packages that a server needs, with versions, checksums and licences, from package-lock.json.
 *
 * @returns CycloneDX 1.5, as an object
 */
export async function billOfMaterials() {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: LockedPackages;
  };
  const { '': self, ...others } = packages;
  if (!self) throw new Error('package-lock.json does not describe this package');
  const needed = Object.entries(others).filter(([, { dev }]) => !dev);
  const { componentOf, refOf, usedBy } = readerOf(packages);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${randomUUID()}`,
    version: 1,
    metadata: { timestamp: new Date().toISOString(), component: { ...componentOf('', self), type: 'application' } },
    components: [
      ...new Map(needed.map(([folder, manifest]) => [refOf(folder), componentOf(folder, manifest)])).values(),
    ],
    dependencies: ['', ...needed.map(([folder]) => folder)]
      .map((folder) => ({ ref: refOf(folder), dependsOn: usedBy(folder).map(refOf) }))
      .filter(({ ref }, at, all) => all.findIndex((other) => other.ref === ref) === at),
  };
}

function readerOf(packages: LockedPackages) {
  const nameOf = (folder: string) => packages[folder]?.name ?? folder.split('node_modules/').at(-1) ?? '';
  const refOf = (folder: string) => `${nameOf(folder)}@${packages[folder]?.version}`;
  /** Where Node.js finds a package: in the folder of its user, or in one above. */
  const placeOf = (user: string, name: string): string | undefined => {
    const place = user === '' ? `node_modules/${name}` : `${user}/node_modules/${name}`;
    if (packages[place]) return place;
    return user === '' ? undefined : placeOf(user.slice(0, Math.max(0, user.lastIndexOf('/node_modules/'))), name);
  };
  const usedBy = (folder: string): readonly string[] =>
    namesUsedBy(packages[folder])
      .flatMap((name) => placeOf(folder, name) ?? [])
      .filter((place) => !packages[place]?.dev)
      .toSorted();
  const componentOf = (folder: string, { version, integrity, license }: LockedPackage) => ({
    'bom-ref': refOf(folder),
    type: 'library',
    name: nameOf(folder),
    version,
    purl: `pkg:npm/${nameOf(folder).replace('@', '%40')}@${version}`,
    ...(integrity && { hashes: [{ alg: 'SHA-512', content: hexOf(integrity) }] }),
    ...(license && { licenses: [{ expression: license }] }),
  });
  return { componentOf, refOf, usedBy };
}

const namesUsedBy = (user?: LockedPackage): readonly string[] =>
  Object.keys({ ...user?.dependencies, ...user?.optionalDependencies, ...user?.peerDependencies });

const hexOf = (integrity: string): string => Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');

if (process.argv[1] === import.meta.filename) {
  await writeFile(join(root, 'sbom.cdx.json'), `${JSON.stringify(await billOfMaterials(), undefined, 2)}\n`);
}
