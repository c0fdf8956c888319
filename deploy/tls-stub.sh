#!/usr/bin/env bash
# Makes a self-signed certificate, and the lines that nginx.conf includes to serve TLS with it. For a first try.
# In production replace certificate.pem and key.pem (mode 600, owned by the user of nginx).
#   deploy/tls-stub.sh [FOLDER] [NAME]      FOLDER: where nginx looks, default deploy/tls; NAME: default localhost
set -euo pipefail
folder=${1:-$(dirname "${BASH_SOURCE[0]}")/tls}
name=${2:-localhost}
mounted=${MOUNTED_AT:-/etc/nginx/tls}

mkdir -p "$folder"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj "/CN=$name" -addext "subjectAltName=DNS:$name,IP:127.0.0.1" \
    -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
# In its image nginx runs as another user, which must be able to read the key.
chmod "${KEY_MODE:-644}" "$folder/key.pem"
umask 022
# Since nginx 1.25.1 `http2` is a directive; before, it is a parameter of `listen`. Without nginx on this machine,
# assume the version of the image.
version=$(nginx -v 2>&1 | sed -n 's|.*nginx/\([0-9.]*\).*|\1|p' || true)
oldest=$(printf '%s\n' 1.25.1 "${version:-1.28}" | sort -V | head -n 1)
word="" line="http2 on;"
if [ "$oldest" != 1.25.1 ]; then
    word=" http2" line="# HTTP/2 is switched on above."
fi
for side in ticker:8443 desk:8444; do
    cat >"$folder/${side%:*}.conf" <<LINES
# HTTP/2: over HTTP/1.1 a browser has six connections for all tabs of a site, and each event stream takes one.
listen ${side#*:} ssl$word;
$line
ssl_certificate $mounted/certificate.pem;
ssl_certificate_key $mounted/key.pem;
ssl_protocols TLSv1.2 TLSv1.3;
# A resumed handshake costs a tenth. After a restart all clients of a node reconnect at once.
ssl_session_cache shared:tls:10m;
ssl_session_timeout 1d;
ssl_session_tickets off;
LINES
done
chmod 644 "$folder"/*.conf "$folder/certificate.pem"
echo "Made a self-signed certificate for $name, valid for 30 days, in $folder. Restart nginx to use it."
