#!/usr/bin/env bash
# websocat and the shell: each message is a line.
cursor=""
while :; do
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [[ $line =~ \"cursor\":\"([^\"]*)\" ]] && cursor=${BASH_REMATCH[1]}
    done < <("$WEBSOCAT" --unidirectional-reverse --no-close "${1/http/ws}/v1/live?edition=en${cursor:+&cursor=$cursor}" 2>/dev/null)
    echo reopen
    sleep 0.2
done
