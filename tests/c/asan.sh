#!/bin/sh
# See sanitize.sh.
exec "$(dirname "$0")/sanitize.sh" address "$@"
