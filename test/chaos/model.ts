export type Medium = 'email' | 'msisdn';

/** What was answered about one address, and must therefore be true. */
export interface AddressPromise {
  readonly medium: Medium;
  readonly address: string;
  /** The user who bound it, or tried to. */
  readonly mxid: string;
  /** `unknown`: the last request had no answer, or an error. */
  state: 'free' | 'bound' | 'unknown';
  /** Whether a bind was requested, whatever its result. */
  wasBindAsked: boolean;
  /** Tokens of the invitations that were stored before it was bound. */
  readonly invites: string[];
}

export interface TokenPromise {
  readonly accessToken: string;
  readonly mxid: string;
  state: 'good' | 'ended' | 'unknown';
}

/** The results of lookups that do not depend on what was broken. */
export interface Watched {
  asked: number;
  answered: number;
  slowestMs: number;
}

const LONGEST = 4_000;

/** The end of a log is most important. */
const shortened = (text: string) =>
  text.length > LONGEST ? `${text.slice(0, LONGEST / 4)} … ${text.slice((-3 * LONGEST) / 4)}` : text;

/** Everything that was promised to clients so far, and the result. */
export class Model {
  readonly addresses: AddressPromise[] = [];
  readonly tokens: TokenPromise[] = [];
  /** Promises that are missing. */
  readonly lost: string[] = [];
  /** What was delivered to a wrong person, or differs from what it must be. */
  readonly wrong: string[] = [];
  /** Bindings and invitations that the homeserver, or the invited person, does not know yet. */
  readonly undelivered = new Set<AddressPromise>();
  /** Lookups during faults, by service. */
  readonly watched: Record<string, Watched> = {};
  /** How long it took until a binding was found by hash on the other instances, in ms. */
  readonly siblingTimes: number[] = [];
  /** How long it took until the jobs of a killed instance were done, in ms. */
  readonly takeoverTimes: number[] = [];
  /** The current event. */
  label = '';
  /** The number of users so far. */
  users = 0;
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

  isLost(text: string): void {
    this.lost.push(`${this.label}: ${shortened(text)}`);
  }

  isWrong(text: string): void {
    this.wrong.push(`${this.label}: ${shortened(text)}`);
  }
}
