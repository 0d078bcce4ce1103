// Sends the load from a separate process, over keep-alive connections: each sends the next request as soon as it has the
// answer, which is checked. It receives { port, requests: [{ head, body, answer, isBeginning }], clients, ms } over IPC.
// It shares the processors with the servers, so it should need little of them.
import { connect } from 'node:net';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const OK = Buffer.from('200');

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
    let [request, since, chunks, have, headBytes] = [undefined, 0, [], 0, 0];
    const ask = () => {
      request = take();
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
    const onAnswer = (bytes) => {
      [chunks, have] = [[], 0];
      const problem = problemOf(bytes, request);
      if (problem) {
        reject(new Error(problem));
        socket.destroy();
      } else {
        headBytes = bytes.indexOf(END_OF_HEAD) + 4;
        answered();
      }
    };
    const onData = (length, buffer) => {
      if (have === 0 && isUsual(buffer, length, headBytes, request)) {
        answered();
        return true;
      }
      chunks.push(Buffer.from(buffer.subarray(0, length)));
      have += length;
      const wanted = have < request.answer.length ? -1 : lengthOf(chunks);
      if (wanted >= 0 && have >= wanted) onAnswer(Buffer.concat(chunks));
      return true;
    };
    const onread = { buffer: Buffer.alloc(65_536), callback: onData };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.on('connect', ask);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
  });
}

/** Whether these bytes are the right answer, all of it, with a head as long as that of the answer before. */
function isUsual(buffer, length, headBytes, { answer }) {
  return (
    headBytes > 0 &&
    length === headBytes + answer.length &&
    buffer.compare(OK, 0, 3, 9, 12) === 0 &&
    buffer.compare(END_OF_HEAD, 0, 4, headBytes - 4, headBytes) === 0 &&
    buffer.compare(answer, 0, answer.length, headBytes, length) === 0
  );
}

/** The length of the answer including its head; -1 until the head is complete. */
function lengthOf(chunks) {
  const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return -1;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes.toString('latin1', 0, end)) ?? [];
  if (length === undefined) throw new Error('an answer without a length');
  return end + 4 + Number(length);
}

function problemOf(bytes, { answer, isBeginning }) {
  const status = bytes.toString('latin1', 9, 12);
  const end = bytes.indexOf(END_OF_HEAD) + 4;
  if (status !== '200') return `an answer with ${status}: ${bytes.toString('utf8', end, end + 300)}`;
  const compared = isBeginning ? bytes.subarray(end, end + answer.length) : bytes.subarray(end);
  if (!compared.equals(answer))
    return `a wrong answer: ${bytes.toString('utf8', end, end + 300)}`;
  return undefined;
}
