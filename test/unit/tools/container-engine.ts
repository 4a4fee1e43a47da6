/** Digest of every base image that the stand-in pulls. */
export const BASE = `sha256:${"a".repeat(64)}`;
/** Digest of every image that it pushes. */
export const PUSHED = `sha256:${"b".repeat(64)}`;
const ID = `sha256:${"c".repeat(64)}`;

/** Answers as the engine does to what this command may ask of it; a wrong word is refused with status 125. */
export const ENGINE = (name: string): string => `#!/bin/bash
set -u
here=$(dirname "$0")
echo "$*" >>"$here/calls"
refuse() { echo "Error: $1" >&2; exit 125; }
case $1 in
  pull) [ "$#" = 5 ] && [ "$2 $3" = "--quiet --platform" ] || refuse "unknown flag" ;;
  image) [ "$2 $3" = "inspect --format" ] || refuse "unknown flag"; echo '["docker.io/library/debian@${BASE}"]' ;;
  build)
    while [ "$#" -gt 1 ]; do
      if [ "$1" = --iidfile ]; then echo -n ${ID} >"$2"; fi
      if [[ $1 == BASE=* ]] && [[ $1 != *@sha256:* ]]; then refuse "a base by tag"; fi
      shift
    done
    [ -e "$1/Containerfile" ] || refuse "no Containerfile" ;;
  tag) [ "$2" = ${ID} ] || refuse "$2: image not known" ;;
  push)
    if [ -e "$here/denied" ]; then refuse "writing blob: requested access to the resource is denied"; fi
    ${
      name === "docker"
        ? `[ "$#" = 2 ] || refuse "unknown flag"; echo "latest: digest: ${PUSHED} size: 1"`
        : `[ "$2 $3" = "--quiet --digestfile" ] || refuse "unknown flag"; echo ${PUSHED} >"$4"`
    } ;;
  *) refuse "unknown command $1" ;;
esac
`;
