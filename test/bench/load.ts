import { Worker } from 'node:worker_threads';

const CLIENT = `
const { workerData: url, parentPort } = require('node:worker_threads');
let isOver = false;
parentPort.once('message', () => { isOver = true; });
(async () => {
  let [answered, failed, slowest] = [0, 0, 0];
  while (!isOver) {
    const since = performance.now();
    const response = await fetch(url + '/_matrix/identity/api/v1/pubkey/ed25519:0').catch(() => undefined);
    if (response) await response.text();
    if (response && response.status === 200) answered++; else failed++;
    slowest = Math.max(slowest, performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  parentPort.postMessage({ answered, failed, slowest });
})();
`;

/** Sends one request after the other to a server, from a separate thread, until `stop`. Times in ms. */
export async function askSteadily(url: string) {
  const worker = new Worker(CLIENT, { eval: true, workerData: url });
  return {
    stop: async () => {
      const result = new Promise<{ answered: number; failed: number; slowest: number }>((resolve) =>
        worker.once('message', resolve),
      );
      worker.postMessage('stop');
      const figures = await result;
      await worker.terminate();
      return figures;
    },
  };
}
