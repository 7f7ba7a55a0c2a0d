#!/bin/sh
# A worker that dies (SIGKILL, which no sanitizer catches) or hangs (SIGSTOP, then the time limit) fails its own part with a
# line that says so; the next part is stored by a new worker.
# usage: worker_death.sh CAD_ENCODE SLOW.step GOOD.step WORK_DIR
set -eu
encode=$1 slow=$2 good=$3 work=$4
rm -rf "$work"
mkdir -p "$work"

# $1 signal, $2 text expected on stderr
strike() {
  "$encode" --jobs 1 --timeout 2 --sync none "$work/$1" "$slow" "$good" >"$work/$1.out" 2>"$work/$1.err" &
  parent=$!
  child=
  tries=0
  while [ -z "$child" ] && [ $tries -lt 1000 ]; do
    child=$(ps -o pid= --ppid "$parent" 2>/dev/null || true)
    tries=$((tries + 1))
  done
  [ -n "$child" ] || { echo "no worker was seen"; exit 1; }
  kill -s "$1" $child
  status=0
  wait "$parent" || status=$?
  [ "$status" -eq 1 ] || { echo "$1: wanted exit status 1, got $status"; cat "$work/$1.err"; exit 1; }
  grep -q "$2" "$work/$1.err" || { echo "$1: '$2' is not in:"; cat "$work/$1.err"; exit 1; }
  grep -q "1 of 2 parts" "$work/$1.out" || { echo "$1: the other part was not stored"; cat "$work/$1.out"; exit 1; }
}

strike KILL "crashed the reader: Killed"
strike STOP "took longer than 2 s"
