export type Medium = 'email' | 'msisdn';

/** What was answered about one address, and so has to be true. */
export interface AddressPromise {
  readonly medium: Medium;
  readonly address: string;
  /** Who bound it, or tried to. */
  readonly mxid: string;
  /** `unknown`: the last request had no answer, or an error. */
  state: 'free' | 'bound' | 'unknown';
  /** Whether a bind was asked for, whatever came of it. */
  wasBindAsked: boolean;
  /** Tokens of the invitations that were stored before it was bound. */
  readonly invites: string[];
}

export interface TokenPromise {
  readonly accessToken: string;
  readonly mxid: string;
  state: 'good' | 'ended' | 'unknown';
}

/** How lookups went that have nothing to do with what was broken. */
export interface Watched {
  asked: number;
  answered: number;
  slowestMs: number;
}

const LONGEST = 4_000;

/** The end of a log says most. */
const shortened = (what: string) =>
  what.length > LONGEST ? `${what.slice(0, LONGEST / 4)} … ${what.slice((-3 * LONGEST) / 4)}` : what;

/** Everything that was promised to clients so far, and what came of it. */
export class Model {
  readonly addresses: AddressPromise[] = [];
  readonly tokens: TokenPromise[] = [];
  /** What was promised and is not there. */
  readonly lost: string[] = [];
  /** What went to a wrong person, or is otherwise than it has to be. */
  readonly wrong: string[] = [];
  /** Bindings and invitations of which the homeserver, or the invited person, does not know yet. */
  readonly undelivered = new Set<AddressPromise>();
  /** Lookups during faults, by neighbour. */
  readonly watched: Record<string, Watched> = {};
  /** How long it took until a bind was found by hash on the other instances, in milliseconds. */
  readonly siblingTimes: number[] = [];
  /** How long jobs of an instance that died took, from its death, in milliseconds. */
  readonly takeoverTimes: number[] = [];
  /** What happens now. */
  label = '';
  /** How many users there were. */
  lives = 0;
  readonly counts = {
    requests: 0,
    answered: 0,
    binds: 0,
    unbinds: 0,
    signIns: 0,
    logouts: 0,
    invites: 0,
    validations: 0,
    phones: 0,
  };

  isLost(what: string): void {
    this.lost.push(`${this.label}: ${shortened(what)}`);
  }

  isWrong(what: string): void {
    this.wrong.push(`${this.label}: ${shortened(what)}`);
  }
}
