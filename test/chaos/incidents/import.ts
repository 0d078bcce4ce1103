import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { makeDatabase, manyRows, movingFile } from '../../support/moving/databases.js';
import type { Scene } from './incident.js';
import { otherServer } from './other-server.js';

const BINDINGS = 3_000;

interface Count {
  readonly added: number;
  readonly known: number;
}

/** An import that is killed: it is applied completely or not at all, and the next one completes it. */
export async function killedImport({ world, model, random }: Scene): Promise<void> {
  const source = join(world.folder, 'sydent.db');
  if (!existsSync(source)) {
    const rows = manyRows({ associations: BINDINGS, waiting: 60, delivered: 20 });
    await makeDatabase(source, 'sydent.sql', rows);
  }
  const server = await otherServer(world, false);
  const args = ['import', 'sydent', source, '--conf', movingFile('sydent.conf')];
  const counts = async (...more: readonly string[]) => {
    const { code, stdout } = await server.run([...args, ...more, '--json']);
    if (code !== 0) throw new Error(`exit code ${code}: ${stdout.slice(0, 300)}`);
    return (JSON.parse(stdout) as { readonly counts: readonly Count[] }).counts;
  };
  try {
    await server.run([...args, '--apply'], world.fleet.pace * (0.5 + 2 * random.next()));
    const [bindings] = await counts();
    if (bindings?.added !== 0 && bindings?.known !== 0)
      model.isWrong(`a half import: ${bindings?.known} there, ${bindings?.added} not`);
    await counts('--apply');
    const again = await counts('--apply');
    if (again.some(({ added }) => added !== 0)) model.isLost('a complete import is not complete');
    if ((again[0]?.known ?? 0) < BINDINGS) model.isLost(`${again[0]?.known} bindings after an import`);
  } catch (error) {
    model.isWrong(`after a kill in an import: ${String(error)}`);
  } finally {
    await server.drop();
  }
}
