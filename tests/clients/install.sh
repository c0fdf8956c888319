#!/usr/bin/env bash
# Installs the clients that test_foreign_clients.py drives into build/clients, each in one version.
#   bash tests/clients/install.sh .venv/bin/python
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD
programs=$root/tests/clients/programs
out=$root/build/clients

for program in node npm go cargo javac mvn curl; do
    command -v "$program" >/dev/null || {
        echo "flashwire: the other clients need $program (Debian: nodejs npm golang cargo default-jdk maven curl)" >&2
        exit 1
    }
done
# Installed before, from the same files?
wanted=$(find "$root/tests/clients" -type f -name "*[!c]" -print0 | sort -z | xargs -0 cat | sha256sum)
[ "$(cat "$out/installed" 2>/dev/null)" != "$wanted" ] || exit 0
rm -f "$out/installed"
mkdir -p "$out/go" "$out/java/classes"

echo "Installing clients of npm, Python, Go, Java and Rust into build/clients ..."
echo '{"private": true, "type": "module"}' >"$out/package.json"
npm --prefix "$out" install --no-save --no-package-lock --no-audit --no-fund --loglevel error ws@8.23.0 eventsource@5.1.5
"$root/$1" -m pip --disable-pip-version-check --quiet install --upgrade --target "$out/python" \
    aiohttp==3.14.5 httpx==0.28.1 httpx-sse==0.4.3

mkdir -p "$out/go/http"
cp "$programs/with_coder.go" "$out/go/main.go"
cp "$programs/with_net_http.go" "$out/go/http/main.go"
(
    cd "$out/go"
    rm -f go.mod go.sum
    go mod init clients && go get github.com/coder/websocket@v1.8.15 && go build -o "$out/with_coder" . &&
        go build -o "$out/with_net_http" ./http
) >/dev/null 2>&1

mvn --batch-mode --quiet -f "$programs/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/java"
javac -cp "$out/java/*" -d "$out/java/classes" "$programs"/*.java

[ -x "$out/bin/websocat" ] || cargo install --quiet --root "$out" websocat@1.14.0
echo "$wanted" >"$out/installed"
