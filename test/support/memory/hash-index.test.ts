import { describe } from 'vitest';
import { MemoryHashIndex } from './hash-index.js';
import { hashIndexContract } from '../../contracts/hash-index.contract.js';

describe('in memory', () => {
  hashIndexContract(() => new MemoryHashIndex());
});
