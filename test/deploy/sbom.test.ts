import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { productionPackages } from '../../deploy/debian/production-packages.js';
import { billOfMaterials } from '../../deploy/sbom.js';

const ROOT = join(import.meta.dirname, '../..');
const bill = await billOfMaterials();
const names = bill.components.map(({ name }) => name);

describe('the bill of materials', () => {
  it('lists the dependencies of package.json with version, checksum and licence', async () => {
    const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const direct = bill.dependencies[0]?.dependsOn.map((ref) => ref.slice(0, ref.lastIndexOf('@')));
    expect(direct).toEqual(Object.keys(dependencies).toSorted());
    for (const name of Object.keys(dependencies)) {
      const component = bill.components.find((candidate) => candidate.name === name);
      expect(component?.hashes?.[0]?.content).toMatch(/^[0-9a-f]{128}$/);
      expect(component?.licenses?.[0]?.expression).toMatch(/\w/);
    }
  });

  it('lists every package that is delivered, and nothing that only development needs', async () => {
    const delivered = await productionPackages(ROOT, new Set());
    for (const { path } of delivered) expect(names).toContain(path.split('node_modules/').at(-1));
    expect(names).not.toContain('vitest');
    expect(names).not.toContain('typescript');
  });

  it('says which package uses which, and lists no package twice', () => {
    const refs = new Set(bill.components.map((component) => component['bom-ref']));
    expect(refs.size).toBe(bill.components.length);
    expect(bill.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual([]);
    const used = bill.dependencies.find(({ ref }) => ref.startsWith('pg@'))?.dependsOn;
    expect(used).toContainEqual(expect.stringMatching(/^pg-types@/));
  });
});
