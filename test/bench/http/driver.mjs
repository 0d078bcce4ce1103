// Sends the load from a separate process, over keep-alive connections: each sends the next request as soon as it has the
// answer, which is checked. It receives { port, requests: [{ head, body, answer, isBeginning }], clients, ms } over IPC.
// It shares the processors with the servers, so it should need little of them.
import { connect } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const OK = Buffer.from('HTTP/1.1 200 ');

process.on('message', (work) => {
  run(work).then(
    (figures) => process.send(figures),
    (error) => process.send({ error: String(error) }),
  );
});

async function run({ port, requests, clients, ms }) {
  const prepared = requests.map(({ head, body, answer, isBeginning }) => ({
    bytes: Buffer.from(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
    answer: Buffer.from(answer),
    lengthField: Buffer.from(`\r\nContent-Length: ${Buffer.byteLength(answer)}\r\n`),
    isBeginning,
  }));
  const times = [];
  let next = 0;
  const since = performance.now();
  const until = since + ms;
  await Promise.all(
    Array.from({ length: clients }, () => client(port, until, () => prepared[next++ % prepared.length], times)),
  );
  const tookMs = performance.now() - since;
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { answered: times.length, perSecond: (times.length / tookMs) * 1000, p50: at(0.5), p99: at(0.99) };
}

function client(port, until, take, times) {
  return new Promise((resolve, reject) => {
    let [request, since, chunks, have, wanted] = [undefined, 0, [], 0, -1];
    const ask = () => {
      request = take();
      [chunks, have, wanted] = [[], 0, -1];
      since = performance.now();
      socket.write(request.bytes);
    };
    const answered = () => {
      const now = performance.now();
      times.push(now - since);
      if (now < until) ask();
      else {
        socket.removeAllListeners('close').end();
        resolve();
      }
    };
    const read = (length, buffer) => {
      if (have === 0 && isRightAtOnce(buffer, length, request)) return answered();
      chunks.push(Buffer.from(buffer.subarray(0, length)));
      have += length;
      if (wanted < 0) wanted = lengthOf(Buffer.concat(chunks));
      if (wanted < 0 || have < wanted) return undefined;
      if (have > wanted) throw new Error('more than one answer');
      assertRight(Buffer.concat(chunks), request);
      return answered();
    };
    const callback = (length, buffer) => {
      try {
        read(length, buffer);
      } catch (error) {
        reject(error);
        socket.destroy();
      }
      return true;
    };
    const onread = { buffer: Buffer.alloc(65_536), callback };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
  });
}

/** Whether these bytes are the right answer, all of it: the usual case, in few steps. */
function isRightAtOnce(buffer, length, { answer, lengthField, isBeginning }) {
  if (isBeginning) return false;
  const body = buffer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  if (length !== body + answer.length) return false;
  const field = buffer.indexOf(lengthField);
  return (
    field > 0 &&
    field < body &&
    buffer.compare(OK, 0, OK.length, 0, OK.length) === 0 &&
    buffer.compare(answer, 0, answer.length, body, length) === 0
  );
}

/** The length of the answer including its head; -1 until the head is complete. */
function lengthOf(bytes) {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return -1;
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(bytes.toString('latin1', 0, end + 2)) ?? [];
  if (length === undefined) throw new Error('an answer without a length');
  return end + END_OF_HEAD.length + Number(length);
}

function assertRight(bytes, { answer, isBeginning }) {
  const body = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  const shown = bytes.toString('utf8', body, body + 300);
  if (!bytes.subarray(0, OK.length).equals(OK))
    throw new Error(`an answer with ${bytes.toString('latin1', 0, OK.length)}: ${shown}`);
  const compared = isBeginning ? bytes.subarray(body, body + answer.length) : bytes.subarray(body);
  if (!compared.equals(answer)) throw new Error(`a wrong answer: ${shown}`);
}
