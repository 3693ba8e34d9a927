# Named steps: each has a log in build/logs and one result line; the sum is the last line. Sourced by test, demo, .ci/run.
# SPDX-License-Identifier: MIT
# shellcheck shell=bash

passed=0
failed=0
failed_steps=()
steps_seen=""
lane=()
steps_begin=$SECONDS
mkdir -p build/logs

# step NAME SECONDS COMMAND…: runs the command, at most that long. A log with pytest's or doctest's summary, or a last
# line `N passed, N failed`, counts as that many; any other step counts as one. A non-zero exit is at least one failure.
step() {
    wanted "$1" || return 0
    printf '%-24s ' "$1"
    run_step "$@"
    report_step "$1" "$2"
}

# beside NAME SECONDS COMMAND…: the same, next to the steps that follow, after the one that was begun so before it.
# `joined` waits for all of them and reports them.
beside() {
    wanted "$1" || return 0
    local before=${lane[*]: -1}
    rm -f "build/logs/$1.end"
    (
        trap 'kill $(jobs -p) 2> /dev/null; exit 1' TERM
        until [ -z "$before" ] || [ -e "build/logs/${before% *}.end" ]; do sleep 0.2; done
        run_step "$@"
    ) &
    lane+=("$1 $2")
}

joined() {
    local one
    wait
    for one in ${lane[@]+"${lane[@]}"}; do
        printf '%-24s ' "${one% *}"
        report_step "${one% *}" "${one#* }"
    done
    lane=()
}

trap 'kill $(jobs -p) 2> /dev/null' EXIT
trap 'exit 130' INT TERM

wanted() {
    [ -n "${STEPS_ONLY:-}" ] || return 0
    [[ " $STEPS_ONLY " == *" $1 "* ]] || return 1
    steps_seen+=" $1 "
}

run_step() { # leaves the log, and the exit code and the seconds beside it
    local name=$1 limit=$2 begin=$SECONDS code=0
    shift 2
    timeout --kill-after=10 "$limit" "$@" > "build/logs/$name.log" 2>&1 < /dev/null &
    wait $! || code=$? # a shell that waits can be interrupted
    echo "$code $((SECONDS - begin))" > "build/logs/$name.end"
}

report_step() {
    local name=$1 limit=$2 log=build/logs/$1.log code seconds good bad skipped
    read -r code seconds 2> /dev/null < "build/logs/$name.end" || { code=1 && seconds=0; } # it was killed
    counts "$log"
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$code" -eq 0 ] && [ $((good + bad)) -eq 0 ]; then good=1; fi
    passed=$((passed + good))
    failed=$((failed + bad))
    local line="$good passed, $bad failed"
    [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
    [ "$code" -ne 124 ] || line="$line (stopped after $limit s)"
    echo "$line  $seconds s"
    [ "$skipped" -eq 0 ] || grep '^SKIPPED' "$log" | sed 's/^/    /'
    if [ "$bad" -ne 0 ]; then
        failed_steps+=("$name")
        tail -n "${STEPS_TAIL:-25}" "$log" | sed 's/^/    | /'
        echo "    the whole log: $log"
    fi
    return 0
}

# Sets good, bad and skipped of the calling step from its log.
counts() {
    local line
    good=0 bad=0 skipped=0
    line=$(grep -E '^\[doctest\] test cases:' "$1" | tail -1)
    if [ -n "$line" ]; then
        good=$(sed -E 's/.*\| *([0-9]+) passed.*/\1/' <<< "$line")
        bad=$(sed -E 's/.*\| *([0-9]+) failed.*/\1/' <<< "$line")
        return
    fi
    # pytest: `3 failed, 12 passed, 1 skipped in 4.5s`, with or without a frame; ours: `12 passed, 0 failed`.
    line=$(grep -E '^(=+ )?([0-9]+ (passed|failed|skipped|errors?|xfailed|xpassed|warnings?|deselected)(, )?)+( in .*)?$' "$1" | tail -1)
    [ -n "$line" ] || return 0
    good=$(number "$line" passed)
    bad=$(($(number "$line" failed) + $(number "$line" 'errors?')))
    skipped=$(number "$line" skipped)
}

number() {
    local found
    found=$(grep -oE "[0-9]+ $2\b" <<< "$1" | grep -oE '^[0-9]+' | head -1)
    echo "${found:-0}"
}

# not_run NAME REASON: says what was left out, and counts it as failed.
not_run() {
    printf '%-24s not run: %s\n' "$1" "$2"
    failed=$((failed + 1))
    failed_steps+=("$1")
}

summary() {
    local name
    for name in ${STEPS_ONLY:-}; do
        [[ "$steps_seen" == *" $name "* ]] || not_run "$name" "there is no such step"
    done
    echo
    echo "$((SECONDS - steps_begin)) s; logs in build/logs"
    [ $failed -eq 0 ] || echo "failed: ${failed_steps[*]}"
    echo "$passed passed, $failed failed"
    [ $failed -eq 0 ]
}
