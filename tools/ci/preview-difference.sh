#!/usr/bin/env bash
# Writes what HEAD would change against its merge base with BASE: difference.md, difference.json, number.
#
# Usage: preview-difference.sh BASE OUT     exits 1 when HEAD's preview refuses a stack; the difference says why
#   BASE  a commit of the branch that the pull request goes to
#   OUT   a folder that gets the three files; made when it is missing
# Stacks: every example and every stack whose file changed; all when anything changed that a program could read.
# Variables: PULL_REQUEST  its number, for the file `number`
# Needs: git with the history of both, npm, HEAD's packages (npm ci)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly out=$2 stacks=stacks/config
base=$(git merge-base "$1" HEAD)
work=$(mktemp -d)
trap 'rm -rf "$work"; git worktree prune' EXIT
mkdir -p "$out" "$work/base"
printf '%s\n' "$PULL_REQUEST" >"$out/number"

# Documents, tests and workflows are nothing that a program reads.
changed=$(git diff --name-only --no-renames "$base" HEAD -- . ':!test' ':!docs' ':!.github' ':!.ci' ':!*.md')
touched=$(sed -n "s,^$stacks/Pulumi\.\(.*\)\.yaml\$,\1,p" <<<"$changed")
sources=$(sed "\,^$stacks/Pulumi\..*\.yaml\$,d" <<<"$changed")

wanted() { # TREE
  local file stack
  for file in "$1/$stacks"/Pulumi.*.yaml; do
    if [ ! -e "$file" ]; then continue; fi
    stack=${file##*/Pulumi.}
    stack=${stack%.yaml}
    case $stack in
      *.example) echo "$stack" ;;
      *) if [ -n "$sources" ] || grep -qxF -- "$stack" <<<"$touched"; then echo "$stack"; fi ;;
    esac
  done
}

preview() { # TREE ARGUMENT...
  local names
  mapfile -t names < <(wanted "$1")
  # Without a name preview would take every example.
  if [ "${#names[@]}" -eq 0 ]; then return; fi
  (cd "$1" && npm run --silent preview -- "${@:2}" -- "${names[@]}")
}

git worktree add --quiet --detach "$work/tree" "$base"
if git diff --quiet "$base" HEAD -- package.json package-lock.json; then
  ln -s "$PWD/node_modules" "$work/tree/node_modules"
else
  (cd "$work/tree" && npm ci)
fi

# A merge base that is refused, or cannot run at all, must not hide what HEAD would do.
status=0
preview "$work/tree" --out "$work/base" >"$work/base.log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  echo "the preview of the merge base $base exited with $status:"
  cat "$work/base.log"
fi

status=0
preview . --out "$work/head" --against "$work/base" || status=$?
for file in difference.md difference.json; do
  if [ -f "$work/head/$file" ]; then cp "$work/head/$file" "$out/"; fi
done
exit "$status"
