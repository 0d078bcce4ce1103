#!/usr/bin/env bash
# PyYAML writes texts such as "00491701" and "12e4" without quotes; the package yaml reads them as numbers.
#
# YAML 1.1 (tag repository, int and float): a number with leading zeros is octal, so that one with an 8 or 9 is not a
# number, a float needs a dot, and an exponent its sign. YAML 1.2, 10.3.2 (core schema): all of them are numbers.
# PyYAML writes for 1.1, and so does what is built on it (Ansible's to_yaml); it was expected to quote whatever another
# version reads as something else.
# Seen on 2026-11-29 with PyYAML 6.0 and yaml 2.9.1: account names and phone numbers that consist of digits lose their
# leading zeros, "12e4" becomes 120000, "0o17" 15, and "1e999" infinity; which numbers are changed depends on their
# digits: 00451701 is quoted.
# For an identity server: a configuration that a tool wrote is wrong for some account names only. Accept nothing but
# text where text is meant: a number that is converted to text has lost its zeros. Quote all texts when writing.
source "$(dirname "$0")/support/setup.sh"

npm_packages yaml@2.9.1
debian_packages python3-yaml=6.0-3+b2
cat >"$work/write.py" <<'PYTHON'
import yaml

texts = ['00491701', '00451701', '0899', '0777', '12e4', '1.5e3', '1e+3', '0o17', '1e999', '+49170', '1_000', '12:30']
print(yaml.safe_dump(texts))
PYTHON
cat >"$work/read.js" <<'JS'
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const written = readFileSync(0, 'utf8');
const lines = written.trim().split('\n');
parse(written).forEach((value, at) => console.log(`${lines[at]} is read as ${typeof value} ${value}`));
JS
/usr/bin/python3 "$work/write.py" | node "$work/read.js" >"$seen"

compare <<'RECORD'
- 00491701 is read as number 491701
- '00451701' is read as string 00451701
- 0899 is read as number 899
- '0777' is read as string 0777
- 12e4 is read as number 120000
- 1.5e3 is read as number 1500
- 1e+3 is read as number 1000
- 0o17 is read as number 15
- 1e999 is read as number Infinity
- '+49170' is read as string +49170
- '1_000' is read as string 1_000
- '12:30' is read as string 12:30
RECORD
