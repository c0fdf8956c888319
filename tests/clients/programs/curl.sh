#!/usr/bin/env bash
# curl and the shell: the cursor is the `id` of the newest event, and goes back as Last-Event-ID.
cursor=""
while :; do
    while IFS= read -r line; do
        case $line in
        "data: "*) printf '%s\n' "${line#data: }" ;;
        "id: "*) cursor=${line#id: } ;;
        esac
    done < <(curl --silent --no-buffer --header "Accept: text/event-stream" ${cursor:+--header "Last-Event-ID: $cursor"} \
        "$1/v1/live?edition=en")
    echo reopen
    sleep 0.2
done
