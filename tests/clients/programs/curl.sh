#!/usr/bin/env bash
# curl and the shell: the cursor is the `id` of the newest event, and goes back as Last-Event-ID.
#   curl.sh [OPTION OF CURL]... ADDRESS
options=("${@:1:$#-1}")
address=${*: -1}
cursor=""
while :; do
    while IFS= read -r line; do
        case $line in
        "data: "*) printf '%s\n' "${line#data: }" ;;
        "id: "*) cursor=${line#id: } ;;
        esac
    done < <(curl --silent --no-buffer "${options[@]}" --header "Accept: text/event-stream" \
        ${cursor:+--header "Last-Event-ID: $cursor"} "$address/v1/live?edition=en")
    echo reopen
    sleep 0.2
done
