import { describe } from 'vitest';
import { MemoryNameIndex } from './name-index.js';
import { nameIndexContract } from '../../contracts/name-index.contract.js';

describe('in memory', () => {
  nameIndexContract(() => new MemoryNameIndex());
});
