#!/usr/bin/env bash
# ldapsearch and Node disagree about valid certificates of an own certificate authority (CA), in both directions.
#
# RFC 5280, 6.1: a path begins with a trust anchor, any CA that you trust, which need not be a root; the authority key
# identifier only helps to find it (4.2.1.1). 4.2.1.10: a name constraint applies only to names of its form, so that one
# for DNS names says nothing about an IP address. 4.2.1.11: constraints on policies are critical. All of these were
# expected to be trusted by the one, with GnuTLS in Debian, and by the other, with OpenSSL.
# Seen on 2026-11-30 with slapd and ldapsearch 2.5.13, GnuTLS 3.7.9, Node 20.20.2 and ldapts 8.2.0, over StartTLS:
# - the file of trusted CAs has only the CA that issued the certificate, not its root: Node says "unable to get issuer
#   certificate", unless allowPartialTrustChain is set.
# - the root was renewed with the same key and name, and the certificate names the serial number of the old root
#   (authorityKeyIdentifier=issuer:always, as easy-rsa does): Node says "unable to verify the first certificate".
# - the CA may issue for example.org, and the certificate is for an IP address: GnuTLS compares the common name "LDAP
#   server" with the constraint and refuses. The CA requires a policy: GnuTLS refuses, too.
# For an identity server: that ldapsearch trusts a directory does not mean that your program does. Set
# allowPartialTrustChain, and issue new certificates when you renew a root.
source "$(dirname "$0")/support/setup.sh"
source "$(dirname "$0")/support/slapd.sh"

[[ -x $(command -v openssl) ]] || cannot "openssl is missing"
npm_packages ldapts@8.2.0
printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: x\n' >"$work/base.ldif"
echo "GnuTLS: $(dpkg-query --show --showformat='${Version}' libgnutls30)"
cd "$work"

ca=$'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid'
server=$'basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1'
# certificate FILE SUBJECT EXTENSIONS [ISSUER]: without an issuer, it signs itself.
certificate() {
  local signer=(-key "$1.key")
  if [[ $# = 4 ]]; then signer=(-CA "$4.pem" -CAkey "$4.key"); fi
  [[ -e $1.key ]] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
  printf '[req]\ndistinguished_name=none\nprompt=no\n[none]\n[extensions]\n%s\n' "$3" >"$1.cnf"
  openssl req -new -key "$1.key" -subj "/${2:+CN=$2}" -config "$1.cnf" -out "$1.csr"
  openssl x509 -req -in "$1.csr" "${signer[@]}" -days 30 -extfile "$1.cnf" -extensions extensions -out "$1.pem" 2>/dev/null
}

certificate root Root "$ca"
certificate issuing Issuing "$ca" root
certificate leaf 'LDAP server' "$server"$'\nauthorityKeyIdentifier=keyid' issuing
certificate by-serial 'LDAP server' "$server"$'\nauthorityKeyIdentifier=keyid,issuer:always' root
cp root.key renewed.key
certificate renewed Root "$ca"
certificate for-names Names "$ca"$'\nnameConstraints=critical,permitted;DNS:example.org' root
certificate of-names 'LDAP server' "$server"$'\nauthorityKeyIdentifier=keyid' for-names
certificate of-names-bare '' "${server/Name=IP/Name=critical,IP}"$'\nauthorityKeyIdentifier=keyid' for-names
certificate with-policy Policy "$ca"$'\ncertificatePolicies=1.3.6.1.4.1.32473.1\npolicyConstraints=critical,requireExplicitPolicy:0' root
certificate of-policy 'LDAP server' "$server"$'\nauthorityKeyIdentifier=keyid\ncertificatePolicies=1.3.6.1.4.1.32473.1' with-policy

cat >"$work/connect.js" <<'JS'
import { readFileSync } from 'node:fs';
import { Client } from 'ldapts';

const [url, ca, allowPartialTrustChain] = process.argv.slice(2);
const client = new Client({ url });
try {
  await client.startTLS({ ca: readFileSync(ca), host: '127.0.0.1', allowPartialTrustChain: allowPartialTrustChain === 'partial' });
  await client.bind('cn=admin,dc=x', 'secret');
  console.log('connected');
} catch (error) {
  console.log(error.message);
}
process.exit();
JS
# try CASE CERTIFICATE ISSUER TRUSTED
try() {
  local by_ldapsearch=connected
  # A root is not sent.
  cat "$2.pem" >chain.pem
  if [[ $3 != root ]]; then cat "$3.pem" >>chain.pem; fi
  rm -rf "$work/slapd"
  start_slapd "TLSCertificateFile $work/chain.pem
TLSCertificateKeyFile $work/$2.key
database mdb
suffix dc=x
rootdn cn=admin,dc=x
rootpw secret
directory $work/slapd" "$work/base.ldif" >/dev/null
  LDAPTLS_CACERT=$4.pem ldapsearch -x -ZZ -H "$slapd" -b dc=x 1.1 &>search.log ||
    by_ldapsearch=refused
  echo "$1: ldapsearch: $by_ldapsearch; Node: $(node connect.js "$slapd" "$4.pem"); with allowPartialTrustChain: $(node connect.js "$slapd" "$4.pem" partial)"
}
{
  try 'root trusted' leaf issuing root
  try 'issuing CA trusted' leaf issuing issuing
  try 'root renewed with the same key' by-serial root renewed
  try 'constraint on DNS names' of-names for-names root
  try 'the same without a common name' of-names-bare for-names root
  try 'constraint on policies' of-policy with-policy root
} >"$seen"

compare <<'RECORD'
root trusted: ldapsearch: connected; Node: connected; with allowPartialTrustChain: connected
issuing CA trusted: ldapsearch: connected; Node: unable to get issuer certificate; with allowPartialTrustChain: connected
root renewed with the same key: ldapsearch: connected; Node: unable to verify the first certificate; with allowPartialTrustChain: unable to get local issuer certificate
constraint on DNS names: ldapsearch: refused; Node: connected; with allowPartialTrustChain: connected
the same without a common name: ldapsearch: connected; Node: connected; with allowPartialTrustChain: connected
constraint on policies: ldapsearch: refused; Node: connected; with allowPartialTrustChain: connected
RECORD
