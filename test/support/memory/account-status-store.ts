import type { AccountCheck } from '../../../src/domain/account-checks/account-check.js';
import { homeserverOf, type Mxid } from '../../../src/domain/identifiers/mxid.js';
import type { AccountStatusStore } from '../../../src/ports/account-status-store.js';
import { pagesOf } from './chunks.js';

interface Kept extends AccountCheck {
  readonly takenAt: number;
  /** 0 if no check is wanted. */
  readonly wantedAt: number;
  readonly dueAt: number;
}

export class MemoryAccountStatusStore implements AccountStatusStore {
  private readonly checks = new Map<Mxid, Kept>();

  async add(mxids: readonly Mxid[], time: number): Promise<void> {
    for (const mxid of mxids) {
      if (this.checks.has(mxid)) continue;
      const check = { mxid, exists: undefined, answeredAt: undefined, takenAt: 0, wantedAt: time, dueAt: time };
      this.checks.set(mxid, check);
    }
  }

  async requestCheck(mxids: readonly Mxid[], time: number, takenBefore: number): Promise<void> {
    const requested = mxids.filter((mxid) => (this.checks.get(mxid)?.takenAt ?? Infinity) < takenBefore);
    this.change(requested, { wantedAt: time, dueAt: time });
  }

  async take(homeserver: string, time: number, leaseUntil: number, limit: number): Promise<readonly AccountCheck[]> {
    const due = [...this.checks.values()]
      .filter(({ mxid, dueAt }) => homeserverOf(mxid) === homeserver && dueAt <= time)
      .sort((a, b) => b.wantedAt - a.wantedAt || a.dueAt - b.dueAt)
      .slice(0, limit);
    this.change(
      due.map(({ mxid }) => mxid),
      { takenAt: time, dueAt: leaseUntil },
    );
    return due.map(checkOf);
  }

  async answer(mxids: readonly Mxid[], exists: boolean, time: number, dueAt: number): Promise<void> {
    this.change(mxids, { exists, answeredAt: time, dueAt, wantedAt: 0 });
  }

  async postpone(mxids: readonly Mxid[], dueAt: number): Promise<void> {
    this.change(mxids, { dueAt });
  }

  async find(mxids: readonly Mxid[]): Promise<readonly AccountCheck[]> {
    return [...new Set(mxids)].flatMap((mxid) => this.checks.get(mxid) ?? []).map(checkOf);
  }

  answeredSince(time: number): AsyncIterable<readonly AccountCheck[]> {
    const answered = [...this.checks.values()]
      .filter(({ answeredAt = -Infinity }) => answeredAt >= time)
      .sort((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0));
    return pagesOf(answered.map(checkOf));
  }

  async homeservers(): Promise<readonly string[]> {
    return [...new Set([...this.checks.keys()].map(homeserverOf))];
  }

  async remove(mxids: readonly Mxid[]): Promise<void> {
    for (const mxid of mxids) this.checks.delete(mxid);
  }

  private change(mxids: readonly Mxid[], changes: Partial<Kept>): void {
    for (const mxid of mxids) {
      const check = this.checks.get(mxid);
      if (check) this.checks.set(mxid, { ...check, ...changes });
    }
  }
}

const checkOf = ({ mxid, exists, answeredAt }: Kept): AccountCheck => ({ mxid, exists, answeredAt });
