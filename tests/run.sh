#!/usr/bin/env bash
# All tests, by an interpreter: alone those that measure a time, then together all the others.
#   run.sh .venv/bin/python -- -k cursor
#   run.sh .venv/bin/coverage run --
# Everything that is printed is in build/pytest.log too; its last line has the results of both.
set -uo pipefail

interpreter=()
while [ "$1" != -- ]; do
    interpreter+=("$1")
    shift
done
shift
log=build/pytest.log
mkdir -p build
: >$log
colour=no
[ ! -t 1 ] || colour=yes
export PYTHONUNBUFFERED=1

run() {
    "${interpreter[@]}" -m pytest --color=$colour "$@" 2>&1 | tee -a $log
}

# What the last line of the log says, without its frame and colours.
result() {
    tail -n 1 $log | sed -E 's/\x1b\[[0-9;]*m//g; s/^=+ //; s/ =+$//'
}

# First, so that every process after it finds the byte code of all tests.
run -m "alone and not slow" "$@" -n 0
alone=$?
# An interrupt, or files that cannot be read.
[ $alone != 2 ] || exit 2
first=$(result)
# More processes than cores, since many tests wait for others.
run -m "not slow and not alone" -n 4 --dist loadfile --no-loadscope-reorder "$@"
together=$?
[ $together != 2 ] || exit 2
echo "Alone: $first. Together: $(result)." | tee -a $log
# That one of them has no test of this selection (5) is no failure.
[ $together != 5 ] || exit $alone
[ $alone != 5 ] || exit $together
exit $((together ? together : alone))
