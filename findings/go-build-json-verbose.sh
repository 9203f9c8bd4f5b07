#!/usr/bin/env bash
# Go 1.26: `go build -json -x` sends the commands that it runs as "build-output"
# events, in the same form as what a compiler complains of. With -v the names of
# packages come so, too. Nothing in an event tells progress from a problem, and a
# build that succeeds has such events as well.
#
# Seen with go1.26.8, for a program that builds (shortened):
#   {"ImportPath":"example.test/app","Action":"build-output","Output":"WORK=/tmp/go-build…\n"}
#   {"ImportPath":"example.test/app","Action":"build-output","Output":"example.test/app\n"}
# and no event with the action "build-fail". Appending -v=false -x=false to the
# command line silences them even where GOFLAGS sets -v or -x.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOCACHE="$dir/cache" GOFLAGS= GOTOOLCHAIN=local
go version
printf 'module example.test/app\n\ngo 1.24\n' >go.mod
printf 'package main\n\nfunc main() {}\n' >main.go

go build -json -v -o app . >verbose.json
grep '"Action":"build-output"' verbose.json | grep -q '"Output":"example.test/app' || {
  echo "changed: -v no longer sends package names as build-output" >&2
  exit 1
}
if grep -q '"Action":"build-fail"' verbose.json; then
  echo "changed: a build that succeeds reports build-fail" >&2
  exit 1
fi
echo 'package main // edited' >main.go && echo 'func main() {}' >>main.go
go build -json -x -o app . >commands.json
grep '"Action":"build-output"' commands.json | grep -q 'WORK=' || {
  echo "changed: -x no longer sends its commands as build-output" >&2
  exit 1
}
echo '// again' >>main.go
GOFLAGS='-v -x' go build -json -v=false -x=false -o app . >quiet.json
if grep -q 'build-output' quiet.json; then
  echo "changed: -v=false -x=false no longer overrule GOFLAGS" >&2
  exit 1
fi
head -c 400 verbose.json
