#!/usr/bin/env bash
# Makes a certificate authority for one test and a certificate of it.
#
# Usage: certificate.sh FOLDER NAME...     writes FOLDER/{authority.pem,key.pem,certificate.pem}; the authority's key goes
# Variables: none
set -euo pipefail

cd "$1"
shift
names=$(printf ',DNS:%s' "$@")
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj '/CN=roost test authority' \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
  -keyout authority.key -out authority.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 -subj '/CN=roost test' \
  -CA authority.pem -CAkey authority.key \
  -addext basicConstraints=CA:FALSE -addext extendedKeyUsage=serverAuth -addext "subjectAltName=${names:1}" \
  -keyout key.pem -out certificate.pem
rm authority.key
