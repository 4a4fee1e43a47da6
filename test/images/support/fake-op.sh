#!/usr/bin/dash
# Stands for 1Password's `op` 2.39.0: knows one vault with two items, for one service account.
#
# OpenClaw trusts a script only if its interpreter's path is no link, hence not /bin/sh.
#
# Usage: op --version, and what OpenClaw's plugin asks: op item get ITEM --vault VAULT --fields FIELD --format json
#        --cache=false; anything else is refused as the real one does, on stderr with status 1
# Variables: OP_SERVICE_ACCOUNT_TOKEN
refuse() {
  echo "[ERROR] 2026/11/23 12:00:00 $1" >&2
  exit 1
}

if [ "$*" = --version ]; then
  echo 2.39.0
  exit
fi
[ "$OP_SERVICE_ACCOUNT_TOKEN" = ops_eyJzdGFuZC1pbiI6InNlcnZpY2UgYWNjb3VudCJ9 ] || refuse "Signin credentials are not compatible"
[ "$1 $2" = "item get" ] || refuse "unknown command"
[ "$4 $6 $8 ${10} $#" = "--vault --fields --format --cache=false 10" ] || refuse "unknown flag"
[ "$5" = moltbot ] || refuse "\"$5\" isn't a vault in this account"
case $3 in
  "GitHub Token - Moltbot") value=ghp_standIn ;;
  "Bank") value=bank-standIn ;;
  *) refuse "\"$3\" isn't an item in the \"$5\" vault" ;;
esac
[ "$7" = credential ] || refuse "\"$7\" isn't a field in the \"$3\" item"
printf '{"id":"credential","type":"CONCEALED","label":"credential","value":"%s"}\n' "$value"
