/** The people in the sources of a proof. */
export const FILES = {
  // Can be listed, so hashed lookups find them.
  'staff.csv':
    'email,phone,mxid\nbob@corp.test,+5215512345678,@bob:hs1.test\nCarol.Jones@corp.test,,@carol:hs1.test\nfrank@corp.test,,@frank:hs2.test\n',
  // Found only by plain lookups.
  'guests.csv': 'email,mxid\ndora@corp.test,@dora:hs1.test\n',
} as const;

export const SOURCES = [
  { file: { name: 'staff', path: 'staff.csv' } },
  { file: { name: 'guests', path: 'guests.csv', mirror: false } },
  'bindings',
] as const;
