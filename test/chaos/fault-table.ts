import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { SERVICE_FAULTS } from './incidents/faults.js';
import { type Answer, ChaosClient } from './client.js';
import { type ExternalService, type ServiceFault, UPSTREAM_ROWS } from './external-services.js';
import { openWorld, type World } from './world.js';

/** The maximum time until readiness reports the fault. */
const KNOWN_WITHIN_MS = 10_000;
const BACK_WITHIN_MS = 120_000;
/** For the other ones, readiness reports how many of their jobs wait. */
const REPORTED: readonly ExternalService[] = ['directory', 'upstream', 'database'];

/** A request that needs the service. */
type Ask = () => Promise<Answer | undefined>;

/** The effects of one fault of one service. */
interface Observed {
  readonly fault: ServiceFault;
  readonly client: string;
  readonly lookup: string;
  readonly log: readonly string[];
  readonly readiness: string;
  readonly backAfterMs: number;
}

/**
 * Tries each fault of a service separately. Records what a client sees and after how long, what log and readiness
 * report, and how long recovery takes. Returns a table.
 *
 * @param onRow gets each row as soon as it is known
 */
export async function observeFaults(service: ExternalService, onRow: (row: string) => void): Promise<void> {
  const world = await openWorld(service === 'database' ? 'postgres' : 'sqlite');
  try {
    const client = new ChaosClient(() => world.fleet.route());
    await client.signIn('observer');
    const ask = asker(world, client, service);
    const { address } = world.directory.known;
    const lookUp = () =>
      client.findHashed([address]).then(
        (found) => (address in found ? '' : 'without them, '),
        () => 'not answered, ',
      );
    await untilAnswered(ask);
    await eventually(async () => (await lookUp()) === '', BACK_WITHIN_MS);
    onRow(`| ${service} | a client that needs it | a lookup by hash | log | readiness | normal again after |`);
    onRow('|---|---|---|---|---|---|');
    for (const fault of SERVICE_FAULTS) onRow(rowOf(await observe(world, service, fault, ask, lookUp)));
  } finally {
    await world.close();
  }
}

async function observe(
  world: World,
  service: ExternalService,
  fault: ServiceFault,
  ask: Ask,
  lookUp: () => Promise<string>,
): Promise<Observed> {
  const [islet] = world.fleet.running;
  if (!islet) throw new Error('no instance is running');
  const { length: from } = islet.log();
  const before = await readiness(islet.adminUrl, service);
  await world.services.break(service, fault);
  const asked = await timed(ask);
  const lookup = await timed(lookUp);
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  let report = before;
  const isReported = REPORTED.includes(service) && fault !== 'restart';
  while (isReported && report === before && performance.now() < deadline) {
    await pause(200);
    report = await readiness(islet.adminUrl, service);
  }
  await world.services.repair(service);
  const since = performance.now();
  await untilAnswered(ask);
  await eventually(async () => (await readiness(islet.adminUrl, service)) === before, BACK_WITHIN_MS);
  const backAfterMs = performance.now() - since;
  await world.fleet.well();
  const log = eventsOf(islet.log().slice(from));
  return {
    fault,
    client: `${describe(asked.answer)} after ${seconds(asked.ms)}`,
    lookup: `${lookup.answer}${seconds(lookup.ms)}`,
    log,
    readiness: report === before ? 'nothing' : report,
    backAfterMs,
  };
}

const rowOf = ({ fault, client, lookup, log, readiness: report, backAfterMs }: Observed): string =>
  `| ${fault} | ${client} | ${lookup} | ${log.join(', ') || '–'} | ${report} | ${seconds(backAfterMs)} |`;

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

async function timed<T>(work: () => Promise<T>) {
  const since = performance.now();
  const answer = await work();
  return { answer, ms: performance.now() - since };
}

const describe = (answer: Answer | undefined): string =>
  answer ? [answer.status, answer.body['errcode']].filter(Boolean).join(' ') : 'no answer';

/** A request that needs the service, from a new user each time. */
function asker(world: World, client: ChaosClient, service: ExternalService): Ask {
  const validate = (medium: string, recipient: (number: number) => object): Ask => {
    let number = 0;
    return () => {
      number++;
      const body = { client_secret: `secret${number}`, send_attempt: 1, ...recipient(number) };
      return client.post(`/validate/${medium}/requestToken`, body);
    };
  };
  const find =
    (address: string): Ask =>
    async () => {
      const details = await client.ask('/hash_details');
      const pepper = details?.body['lookup_pepper'];
      const answer = await client.post('/lookup', { algorithm: 'none', pepper, addresses: [`${address} email`] });
      const isFound = Object.keys((answer?.body['mappings'] ?? {}) as object).length > 0;
      return answer?.status === 200 && !isFound ? { status: 200, body: { errcode: 'without them' } } : answer;
    };
  const asks: Readonly<Record<ExternalService, Ask>> = {
    homeserver: () =>
      client.post('/account/register', {
        access_token: 'token-of-somebody',
        token_type: 'Bearer',
        matrix_server_name: 'example.org',
        expires_in: 60,
      }),
    mail: validate('email', (number) => ({ email: `one${number}@mail.test` })),
    sms: validate('msisdn', (number) => ({ phone_number: String(15_112_000_000 + number), country: 'DE' })),
    directory: find(world.directory.known.address),
    upstream: find(UPSTREAM_ROWS[0]?.[1] ?? ''),
    database: validate('email', (number) => ({ email: `two${number}@mail.test` })),
  };
  return asks[service];
}

async function untilAnswered(ask: Ask): Promise<void> {
  const since = performance.now();
  while (describe(await ask()) !== '200') {
    if (performance.now() - since > BACK_WITHIN_MS) throw new Error('it does not come back');
    await pause(100);
  }
}

/** The report of `/health/ready` about a service, with its status if that is not 200. */
async function readiness(adminUrl: string, service: ExternalService): Promise<string> {
  const response = await fetch(`${adminUrl}/health/ready`);
  const text = await response.text();
  const { checks } = JSON.parse(text) as { readonly checks: Readonly<Record<string, Record<string, Said> & string>> };
  const status = response.status === 200 ? '' : `${response.status} `;
  const failure = {
    homeserver: undefined,
    mail: undefined,
    sms: undefined,
    directory: checks['mirrors']?.['staff']?.failure,
    upstream: checks['upstreams']?.['partner']?.failure,
    database: checks['databaseFailure'],
  }[service];
  return `${status}${failure ?? ''}`;
}

interface Said {
  readonly failure?: string;
}

/** Events that occur without faults. */
const NOT_OF_IT = ['', 'request', 'pepper_ready', 'mirror_synced', 'audit', 'text_message_accepted'];

/** The names of the events in these lines, without requests and repetitions. */
function eventsOf(log: string): readonly string[] {
  const lines = log.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'));
  const events = lines.map((line) => (JSON.parse(line) as { readonly event?: string }).event ?? '');
  return [...new Set(events.filter((event) => !NOT_OF_IT.includes(event)))];
}
