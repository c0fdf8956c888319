/* Inflates one complete message of permessage-deflate (RFC 7692); only that part of RFC 1951.

   Own code and not zlib, whose headers few machines have. It is slow, a bit at a time; the load client inflates a
   message once and compares the bytes of all others with it. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bits {
    const uint8_t *in;
    size_t length, at; /* at: in bits */
    int broken;        /* read past the end, or a code that does not exist */
};

struct codes {
    uint16_t count[16], symbol[288];
};

static unsigned take(struct bits *b, int n) {
    unsigned value = 0;
    for (int i = 0; i < n; i++, b->at++) {
        if (b->at >= b->length * 8) {
            b->broken = 1;
            return 0;
        }
        value |= (unsigned)(b->in[b->at >> 3] >> (b->at & 7) & 1) << i;
    }
    return value;
}

static void build(struct codes *c, const uint8_t *lengths, int n) {
    uint16_t start[16] = {0};
    memset(c->count, 0, sizeof c->count);
    for (int i = 0; i < n; i++) c->count[lengths[i]]++;
    c->count[0] = 0;
    for (int i = 1; i < 15; i++) start[i + 1] = start[i] + c->count[i];
    for (int i = 0; i < n; i++)
        if (lengths[i]) c->symbol[start[lengths[i]]++] = i;
}

/* Codes of one length are consecutive numbers (RFC 1951, 3.2.2): a code is complete when it is below the last one of its length. */
static int next_symbol(struct bits *b, const struct codes *c) {
    int code = 0, first = 0, before = 0;
    for (int length = 1; length <= 15; length++) {
        code |= take(b, 1);
        if (code < first + c->count[length]) return c->symbol[before + code - first];
        before += c->count[length];
        first = (first + c->count[length]) << 1;
        code <<= 1;
    }
    b->broken = 1;
    return 256;
}

static void dynamic_codes(struct bits *b, struct codes *literals, struct codes *distances) {
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[320] = {0};
    struct codes meta;
    int n_literals = take(b, 5) + 257, n_distances = take(b, 5) + 1, n_meta = take(b, 4) + 4;
    for (int i = 0; i < n_meta; i++) lengths[order[i]] = take(b, 3);
    build(&meta, lengths, 19);
    memset(lengths, 0, sizeof lengths);
    for (int i = 0; i < n_literals + n_distances && !b->broken;) {
        int symbol = next_symbol(b, &meta), again = 1, value = symbol;
        if (symbol == 16) {
            again = 3 + take(b, 2);
            value = i ? lengths[i - 1] : 0;
        } else if (symbol > 16) {
            again = symbol == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
            value = 0;
        }
        if (symbol > 18 || n_literals > 286 || i + again > n_literals + n_distances) b->broken = 1;
        else while (again--) lengths[i++] = value;
    }
    build(literals, lengths, n_literals > 288 ? 288 : n_literals);
    build(distances, lengths + n_literals, n_distances);
}

/* Writes the inflated `in` to `out` after its first `before` bytes, to which it may refer. Returns how many bytes `out` has then, or
   -1 if `in` is invalid or that is more than `room`. The four bytes that RFC 7692, 7.2.1 cuts off need not be there. */
long inflate_message(const uint8_t *in, size_t length, uint8_t *out, size_t before, size_t room) {
    static const uint16_t base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    struct bits b = {in, length, 0, 0};
    struct codes literals, distances;
    size_t at = before;
    int final = 0;
    while (!final && b.at + 3 <= length * 8) {
        final = take(&b, 1);
        unsigned kind = take(&b, 2);
        if (kind == 0) {
            b.at = (b.at + 7) & ~(size_t)7;
            if (b.at >> 3 == length) break; /* the empty block whose last four bytes RFC 7692 removes */
            unsigned size = take(&b, 16), check = take(&b, 16);
            if (b.broken || size != (~check & 0xffff) || (b.at >> 3) + size > length || at + size > room) return -1;
            memcpy(out + at, in + (b.at >> 3), size);
            at += size;
            b.at += (size_t)size * 8;
            continue;
        }
        if (kind == 3) return -1;
        if (kind == 2) {
            dynamic_codes(&b, &literals, &distances);
        } else {
            uint8_t lengths[288];
            for (int i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
            build(&literals, lengths, 288);
            memset(lengths, 5, 30);
            build(&distances, lengths, 30);
        }
        for (int symbol; !b.broken && (symbol = next_symbol(&b, &literals)) != 256;) {
            if (symbol < 256) {
                if (at == room) return -1;
                out[at++] = symbol;
                continue;
            }
            if (symbol > 285) return -1;
            size_t copy = base[symbol - 257] + take(&b, extra[symbol - 257]);
            int reach = next_symbol(&b, &distances);
            if (reach > 29) return -1;
            int more = reach < 4 ? 0 : reach / 2 - 1;
            size_t back = reach < 4 ? reach + 1 : ((2 + (reach & 1)) << more) + 1;
            back += take(&b, more);
            if (b.broken || back > at || at + copy > room) return -1;
            for (; copy; copy--, at++) out[at] = out[at - back];
        }
        if (b.broken) return -1;
    }
    return (long)at;
}
