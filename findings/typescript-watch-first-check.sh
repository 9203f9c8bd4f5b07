#!/usr/bin/env bash
# TypeScript 7.0.2: `tsc --watch` does not notice a file that is saved while its
# first check runs. 5.9.3 notices it about a quarter of a second after the check.
# 7.0.2 goes on to report the text from before the save until some other source
# file is saved; then it looks at all of them.
#
# Seen, with a save that adds an error during the first check of some 400 modules:
#   5.9.3: "11:21:02 AM - Found 1 error. Watching for file changes."
#   7.0.2: "11:21:08 AM - Found 0 errors. Watching for file changes.", and nothing
#          for 10 s; after a save of another file, "Found 1 error."
set -euo pipefail
dir=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill -- "-$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap cleanup EXIT
cd "$dir"

# begin VERSION: starts a compiler on a fresh tree, saves an error as soon as its
# first check has begun, and waits for the summary of that check.
begin() {
  mkdir "$1" && cd "$dir/$1"
  echo '{"private":true}' >package.json
  npm install --silent --no-audit --no-fund "typescript@$1"
  mkdir src
  for i in $(seq 400); do printf 'export interface T%d { readonly a%d: string }\n' "$i" "$i" >"src/m$i.ts"; done
  printf 'export const edited: number = 1;\n' >src/edited.ts
  printf '{"compilerOptions":{"strict":true,"noEmit":true,"skipLibCheck":false},"include":["src"]}\n' >tsconfig.json
  : >log
  set -m
  node_modules/.bin/tsc --watch --preserveWatchOutput --pretty false >log 2>&1 &
  pids+=($!)
  set +m
  until grep -q 'Starting compilation' log; do sleep 0.01; done
  sleep "$2"
  printf 'export const edited: number = "no";\n' >src/edited.ts
  until grep -q 'Watching for file changes' log; do sleep 0.05; done
}
told() { # within N seconds
  for _ in $(seq $(($1 * 10))); do
    grep -q 'edited.ts' log && return
    sleep 0.1
  done
  return 1
}

begin 5.9.3 0.3
told 10 || { echo "changed: 5.9.3 did not report the save" >&2; cat log >&2; exit 1; }
echo "5.9.3 reports the save:"; grep . log | tail -1
cd "$dir"
begin 7.0.2 0.1
if told 10; then echo "changed: 7.0.2 noticed the save by itself" >&2; cat log >&2; exit 1; fi
echo "7.0.2, ten seconds later:"; grep . log | tail -1
echo '// touched' >>src/m1.ts
told 10 || { echo "changed: 7.0.2 did not report it after another save either" >&2; exit 1; }
echo "7.0.2, after a save of another file:"; grep . log | tail -1
