import { markedName } from './search-values.js';
import { asText, valueType, InvalidValueError } from './value-type.js';

/** Whether lookups return people who may have no account. */
export const accounts = valueType({ enum: ['assume', 'check'] }, (value) => {
  if (typeof value === 'object' && value !== null && 'check' in value) {
    throw new InvalidValueError(
      'must be a word',
      value.check === false ? 'write accounts: assume' : 'write accounts: check',
    );
  }
  const word = typeof value === 'boolean' ? undefined : asText(value);
  if (word === 'assume' || word === 'check') return word;
  throw new InvalidValueError('must be assume or check', 'write accounts: check');
})
  .prefault('assume')
  .meta({
    description:
      '`assume`: lookups return everyone in this source. `check`: people are left out if their homeserver says that they have no account.',
  });

/** The name under which a search shows people of this source who have no account. */
export const withoutAccountName = markedName.optional().meta({
  description:
    'Name shown for people of this source without an account, if `search.withoutAccount` is `last`. Default: `search.withoutAccountName`.',
  examples: ['{name} (not on chat yet)'],
});
