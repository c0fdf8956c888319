/* What connections keep of the messages that they decompressed (RFC 7692, 7.2.3.2). 10,000 connections that received the same share
   one copy, so a message is inflated once for all of them. */

#include "load.h"

/* A server that refers further back than this makes a message that does not inflate, which ends the run. */
#define KEPT 4096
#define BUCKETS 4096

struct history {
    struct history *next;
    uint64_t hash;
    size_t users, size;
    char bytes[KEPT];
};

static struct history *buckets[BUCKETS];

static uint64_t hash_of(const char *bytes, size_t size) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)bytes[i]) * 0x100000001b3;
    return hash;
}

/* Copies the bytes of `h`, which may be NULL, to `out` and returns how many they are. */
size_t bytes_of(const struct history *h, char *out) {
    if (!h) return 0;
    memcpy(out, h->bytes, h->size);
    return h->size;
}

struct history *one_more(struct history *h) {
    if (h) h->users++;
    return h;
}

void one_less(struct history *h) {
    if (!h || --h->users) return;
    struct history **at = &buckets[h->hash % BUCKETS];
    while (*at != h) at = &(*at)->next;
    *at = h->next;
    free(h);
}

/* The history of a connection whose last decompressed bytes are the last ones of `end`; the caller becomes one of its users. */
struct history *history_of(const char *end, size_t size) {
    if (size > KEPT) {
        end += size - KEPT;
        size = KEPT;
    }
    uint64_t hash = hash_of(end, size);
    for (struct history *h = buckets[hash % BUCKETS]; h; h = h->next)
        if (h->hash == hash && h->size == size && !memcmp(h->bytes, end, size)) return one_more(h);
    struct history *h = malloc(sizeof *h);
    if (!h) fault("there is no memory left");
    *h = (struct history){.next = buckets[hash % BUCKETS], .hash = hash, .users = 1, .size = size};
    memcpy(h->bytes, end, size);
    return buckets[hash % BUCKETS] = h;
}
