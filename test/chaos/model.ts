/** What was answered about one address, and so has to be true. */
export interface AddressPromise {
  readonly address: string;
  /** Who bound it, or tried to. */
  readonly mxid: string;
  /** `unknown`: the last request had no answer, or an error. */
  state: 'free' | 'bound' | 'unknown';
  /** Tokens of the invitations that were stored before it was bound. */
  readonly invites: string[];
  /** How many validation mails were asked for. */
  mailsAsked: number;
}

export interface TokenPromise {
  readonly accessToken: string;
  readonly mxid: string;
  state: 'good' | 'ended' | 'unknown';
}

/** Everything that was promised to clients so far. */
export class Model {
  readonly addresses: AddressPromise[] = [];
  readonly tokens: TokenPromise[] = [];
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
  };
}

/** What was found to be otherwise than promised, and what came more than once. */
export interface Verdict {
  readonly lost: string[];
  readonly wrong: string[];
  duplicateOnbinds: number;
  duplicateMails: number;
}
