#!/usr/bin/env bash
# Runs all tests with an interpreter: first alone those that measure a time, then all others in parallel.
#   run.sh .venv/bin/python -- -k cursor
#   run.sh .venv/bin/coverage run --
# Further cases of long tests (the marker `deep`) run with DEEP=1, and they alone with DEEP=only.
# The output is in build/pytest.log too (build/pytest-deep.log); its last line has the results of both runs.
set -uo pipefail

interpreter=()
while [ "$1" != -- ]; do
    interpreter+=("$1")
    shift
done
shift
log=build/pytest${DEEP:+-deep}.log
mkdir -p build
: >$log
colour=no
[ ! -t 1 ] || colour=yes
export PYTHONUNBUFFERED=1
case ${DEEP:-} in
    "") depth=" and not deep" ;;
    only) depth=" and deep" ;;
    *) depth="" ;;
esac

run() {
    "${interpreter[@]}" -m pytest --color=$colour "$@" 2>&1 | tee -a $log
}

# The last line of the log, without its frame and colours.
result() {
    tail -n 1 $log | sed -E 's/\x1b\[[0-9;]*m//g; s/^=+ //; s/ =+$//'
}

# First, so that every later process finds the bytecode of all tests.
run -m "alone and not slow$depth" "$@" -n 0
alone=$?
# Exit status 2: an interrupt, or files that cannot be read.
[ $alone != 2 ] || exit 2
first=$(result)
# More processes than cores, since many tests wait.
run -m "not slow and not alone$depth" -n 4 --dist loadfile --no-loadscope-reorder "$@"
together=$?
[ $together != 2 ] || exit 2
echo "Alone: $first. Together: $(result)." | tee -a $log
# Exit status 5, no test in this selection, is no failure of one of them.
[ $together != 5 ] || exit $alone
[ $alone != 5 ] || exit $together
exit $((together ? together : alone))
