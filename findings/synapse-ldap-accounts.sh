#!/usr/bin/env bash
# Synapse's LDAP module registers no address for a person who has two, and a user ID that depends on the way of
# signing in.
#
# RFC 4524, 2.16: mail may have several values. RFC 4519, 2.39: uid is matched without case, so that "erika.muster"
# and "Erika.Muster" are one person, who was expected to get one user ID. Matrix specification, appendix "User
# identifiers": new user IDs have no capital letters.
# Seen on 2026-11-29 with matrix-synapse-ldap3 0.1.4 (Debian 12) and slapd 2.5.13, with a handler in the place of
# Synapse that prints what it is asked to register:
# - one value of mail is registered as an address; of two, none is. With two values of cn, the display name is the
#   login name.
# - the local part of the user ID is what the person typed, capitals included; after a login with an address it is
#   the value of uid in the directory. After a login with one of two addresses, that one is registered.
# For an identity server: do not expect that the homeserver knows the addresses of the directory. Derive user IDs in
# lower case, and check that the account exists, because the first login may have failed with capitals.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

debian_packages python3-ldap3=2.9.1-2 python3-twisted=22.4.0-4+deb12u1 python3-pkg-resources=66.1.1-1+deb12u2
# Its dependency, Synapse, is not in this release of Debian.
module=matrix-synapse-ldap3=0.1.4+git20201015+a3c7a9f-1
(cd "$work" && apt-get download "$module" >apt.log 2>&1 && dpkg --extract matrix-synapse-ldap3_*.deb module) || cannot "apt-get download $module"
echo "Debian: $module"
echo '__version__ = "1.100.0"' >"$work/module/usr/lib/python3/dist-packages/synapse.py"
cat >"$work/people.ldif" <<'LDIF'
dn: dc=x
objectClass: dcObject
objectClass: organization
o: x
dc: x

dn: uid=Erika.Muster,dc=x
objectClass: inetOrgPerson
cn: Erika Muster
sn: Muster
mail: erika@example.org
userPassword: secret

dn: uid=max,dc=x
objectClass: inetOrgPerson
cn: Max Muster
cn: Maximilian Muster
sn: Muster
mail: max@example.org
mail: maximilian@example.org
userPassword: secret
LDIF
start_slapd "database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/people.ldif"

cat >"$work/sign-in.py" <<'PYTHON'
import sys
from ldap_auth_provider import LdapAuthProvider
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import react


class Handler:
    def get_qualified_user_id(self, localpart):
        return f'@{localpart}:example.org'

    async def check_user_exists(self, user_id):
        return None

    async def register(self, localpart, displayname, emails):
        print(f'  registers {localpart}, "{displayname}", {emails}')
        return self.get_qualified_user_id(localpart), 'token'


config = LdapAuthProvider.parse_config(
    {
        'enabled': True,
        'uri': sys.argv[1],
        'base': 'dc=x',
        'attributes': {'uid': 'uid', 'mail': 'mail', 'name': 'cn'},
        'bind_dn': 'cn=admin,dc=x',
        'bind_password': 'secret',
    }
)
provider = LdapAuthProvider(config, Handler())


async def sign_in():
    for name in ['erika.muster', 'Erika.Muster', 'max']:
        print(f'{name}:', flush=True)
        await provider.check_auth(name, 'm.login.password', {'password': 'secret'})
    for address in ['erika@example.org', 'maximilian@example.org']:
        print(f'{address}:', flush=True)
        await provider.check_3pid_auth('email', address, 'secret')


react(lambda _reactor: ensureDeferred(sign_in()))
PYTHON
PYTHONPATH=$work/module/usr/lib/python3/dist-packages /usr/bin/python3 -W ignore "$work/sign-in.py" "$slapd" >"$seen"

compare <<'RECORD'
erika.muster:
  registers erika.muster, "Erika Muster", ['erika@example.org']
Erika.Muster:
  registers Erika.Muster, "Erika Muster", ['erika@example.org']
max:
  registers max, "max", []
erika@example.org:
  registers Erika.Muster, "Erika Muster", ['erika@example.org']
maximilian@example.org:
  registers max, "max", ['maximilian@example.org']
RECORD
