/* What a client sends after the handshake. Where it resumes by a message (Centrifugo), that has its epoch and offset. */

#include "load.h"

#define ROOM 2048

/* Sends the first message, or that of a client that resumes: "\2" is its epoch, "\3" the offset of its newest item. */
void say_hello(struct connection *c) {
    if (!c->again || !dialect.recover) return say_bytes(c, dialect.hello, dialect.hello_length);
    char out[8 + ROOM], *payload = out + 8, *at = payload;
    for (const char *from = dialect.recover; *from; from++) {
        if (at > out + ROOM - 100) fault("the first message is too long");
        if (*from == '\2') at += sprintf(at, "%s", c->cursor);
        else if (*from == '\3') at += sprintf(at, "%llu", (unsigned long long)c->offset);
        else *at++ = *from;
    }
    size_t size = at - payload, head = size < 126 ? 6 : 8;
    memset(out, 0, 8); /* the mask is zero */
    char *start = payload - head;
    start[0] = (char)0x81;
    start[1] = (char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) start[2] = size >> 8, start[3] = size & 0xff;
    say_bytes(c, start, head + size);
}

/* The answer to a client that recovers repeats its offset, and the items after it have theirs. */
uint64_t highest_offset(const char *text, size_t length) {
    uint64_t highest = 0;
    const char *end = text + length;
    while ((text = memmem(text, end - text, "\"offset\":", 9))) {
        uint64_t offset = 0;
        for (text += 9; text < end && *text >= '0' && *text <= '9'; text++) offset = offset * 10 + (*text - '0');
        if (offset > highest) highest = offset;
    }
    return highest;
}

/* Whether the text answers that the items after the client's offset are lost. */
bool is_unrecovered(const char *text, size_t length) {
    return memmem(text, length, "\"was_recovering\":true", 21) && !memmem(text, length, "\"recovered\":true", 16);
}
