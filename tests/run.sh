#!/usr/bin/env bash
# Runs all tests with an interpreter: first alone those that measure a time, then all others in parallel.
#   run.sh .venv/bin/python -- -k cursor
#   run.sh .venv/bin/coverage run --
# Up to five tests that failed run once more, one after the other, and the last line names those that then pass: they
# depend on the load of the machine, which is a fault of the test or of the product. More failures are not tried again.
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

# A test that hangs ends its process, which prints where it stood, instead of the whole run.
run() {
    "${interpreter[@]}" -m pytest --color=$colour -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true \
        "$@" 2>&1 | tee -a $log
}

# The last line of the log, without its frame and colours.
result() {
    tail -n 1 $log | sed -E 's/\x1b\[[0-9;]*m//g; s/^=+ //; s/ =+$//'
}

# The tests of this invocation that failed, one a line; `--cache-clear` has emptied pytest's list at its start.
failed() {
    "$(dirname "${interpreter[0]}")/python" -c 'import json, sys; print(*json.load(open(sys.argv[1])), sep="\n")' \
        .pytest_cache/v/cache/lastfailed 2>/dev/null
}

# First, so that every later process finds the bytecode of all tests.
run --cache-clear -m "alone and not slow$depth" "$@" -n 0
alone=$?
# Exit status 2: an interrupt, or files that cannot be read.
[ $alone != 2 ] || exit 2
results="Alone: $(result)."
# More processes than cores, since many tests wait.
run -m "not slow and not alone$depth" -n 4 --dist loadfile --no-loadscope-reorder "$@"
together=$?
[ $together != 2 ] || exit 2
results+=" Together: $(result)."
# Exit status 5, no test in this selection, is no failure of one of them.
[ $together != 5 ] || together=$((alone == 5 ? 5 : 0))
[ $alone != 5 ] || alone=0
status=$((together ? together : alone))
mapfile -t before < <(failed)
if [ $status = 1 ] && [ ${#before[@]} -gt 0 ] && [ ${#before[@]} -le 5 ]; then
    run --last-failed --last-failed-no-failures none -m "not slow$depth" "$@" -n 0
    status=$?
    results+=" Once more: $(result)."
    mapfile -t still < <(failed)
    for name in "${before[@]}"; do
        [[ " ${still[*]} " == *" $name "* ]] || results+=" Unstable: $name."
    done
fi
echo "$results" | tee -a $log
exit $status
