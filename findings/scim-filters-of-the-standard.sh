#!/usr/bin/env bash
# Two SCIM packages fail on filters that the standard gives as examples.
#
# RFC 7644, 3.4.2.2: all conditions in brackets, emails[type eq "home" and value co "..."], hold for one and the same
# value; names may begin with the URN of their schema, emails co "..." means its values, and a literal is JSON. RFC
# 7643, 4.1.1: userName is compared without case. The examples of the RFC were expected to work.
# Seen on 2026-11-29 with scim2-parse-filter 0.2.10 and scimmy 1.3.5 and a person with the addresses
# erika@example.com (work) and erika@example.org (home):
# - scim2-parse-filter finds them by a home address at example.com, which they do not have.
# - neither finds them by emails co "..." (scimmy throws a TypeError, also for emails pr), by the name with the URN, by
#   their user name in capitals, or by a literal with \u escapes; and they disagree about times with an offset.
# For an identity server: a provisioning service that filters with such a package may merge the wrong accounts.
# Filter with conditions in brackets in your own code, and compare user names in lower case.
source "$(dirname "$0")/support/setup.sh"

npm_packages scim2-parse-filter@0.2.10 scimmy@1.3.5
cat >"$work/filter.js" <<'JS'
import { filter, parse } from 'scim2-parse-filter';
import scimmy from 'scimmy';

const person = {
  userName: 'erika',
  title: 'Head',
  meta: { lastModified: '2026-11-29T12:00:01Z' },
  emails: [
    { type: 'work', value: 'erika@example.com' },
    { type: 'home', value: 'erika@example.org' },
  ],
};
const packages = {
  'scim2-parse-filter': (text) => [person].some(filter(parse(text))),
  scimmy: (text) => new scimmy.Types.Filter(text).match([person]).length > 0,
};
for (const [text, expected] of [
  ['userName eq "erika"', true],
  ['title pr and emails[type eq "work" and value co "@example.com"]', true],
  ['emails[type eq "home" and value co "@example.com"]', false],
  ['emails co "example.com"', true],
  ['emails pr', true],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "e"', true],
  ['userName eq "ERIKA"', true],
  ['userName eq "\\u0065rika"', true],
  ['meta.lastModified gt "2026-11-29T13:00:00+01:00"', true],
]) {
  const results = Object.entries(packages).map(([name, matches]) => {
    try {
      return `${name} ${matches(text)}`;
    } catch (error) {
      return `${name} ${error.name}`;
    }
  });
  console.log(`${text} is ${expected}: ${results.join(', ')}`);
}
JS
node "$work/filter.js" >"$seen"

compare <<'RECORD'
userName eq "erika" is true: scim2-parse-filter true, scimmy true
title pr and emails[type eq "work" and value co "@example.com"] is true: scim2-parse-filter true, scimmy true
emails[type eq "home" and value co "@example.com"] is false: scim2-parse-filter true, scimmy false
emails co "example.com" is true: scim2-parse-filter false, scimmy TypeError
emails pr is true: scim2-parse-filter true, scimmy TypeError
urn:ietf:params:scim:schemas:core:2.0:User:userName sw "e" is true: scim2-parse-filter false, scimmy false
userName eq "ERIKA" is true: scim2-parse-filter false, scimmy false
userName eq "\u0065rika" is true: scim2-parse-filter false, scimmy false
meta.lastModified gt "2026-11-29T13:00:00+01:00" is true: scim2-parse-filter false, scimmy true
RECORD
