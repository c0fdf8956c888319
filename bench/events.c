/* Server-sent events over HTTP/1.1: the chunks of one endless reply, whose content is searched as a byte stream. */

#include "load.h"

/* Handles the complete chunks in `data` and returns their length. `data` is at most one read of the socket. */
size_t read_chunks(struct connection *c, char *data, size_t length, int64_t now) {
    size_t at = 0;
    while (c->state == JOINING || c->state == OPEN) {
        char *line = memchr(data + at, '\n', length - at);
        if (!line) {
            if (length - at > 64) fault("a chunk came without its size");
            break;
        }
        char *end;
        size_t size = strtoul(data + at, &end, 16), start = line + 1 - data;
        if (end == data + at || (*end != '\r' && *end != ';' && *end != '\n') || size > 1u << 30)
            fault("a chunk came without its size");
        if (length - start < size + 2) break;
        if (memcmp(data + start + size, "\r\n", 2)) fault("a chunk came that is longer than it said");
        at = start + size + 2;
        if (!size) {
            hung_up(c, 1005, now);
            break;
        }
        message(c, data + start, size, false, now);
    }
    return at;
}
