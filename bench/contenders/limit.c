/* The limit: an epoll loop that does one send() of ready bytes for each subscriber and nothing else.
 *
 * limit <listening socket, a number> <path of the control socket>
 *
 * A client joins with a WebSocket handshake (RFC 6455, 4.2); what it sends after that is read and ignored. On the
 * control socket each message follows its length, four bytes, big-endian; the messages that one read completes are one
 * send. Bytes that a subscriber's socket does not accept wait until it does. Nothing is checked, counted or logged: it is
 * the least work of any server that pushes over TCP.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENTS = 512, REQUEST = 4096, FILES = 1 << 17 };

enum kind { NOTHING, HANDSHAKE, SUBSCRIBER, LISTENER, CONTROL_LISTENER, CONTROL };

struct connection {
    enum kind kind;
    uint32_t place;  /* in `members`, for subscribers */
    char *pending;   /* bytes that its socket did not accept; before the handshake, the bytes received so far */
    size_t start, length;
};

static struct connection *connections[FILES];
static int members[FILES];
static uint32_t count;
static int poller;

static char *intake; /* the control connection's bytes, and the complete messages as frames */
static size_t held, room;
static char *ready;
static size_t ready_room;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *must(void *memory) {
    if (!memory) die("memory");
    return memory;
}

/* SHA-1 (FIPS 180-4) of fewer than 120 bytes: a client's key with the protocol's GUID has 60. */
static uint32_t rotated(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1(const unsigned char *text, size_t length, unsigned char digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    unsigned char block[128] = {0};
    size_t size = length < 56 ? 64 : 128;
    memcpy(block, text, length);
    block[length] = 0x80;
    block[size - 2] = (unsigned char)(length * 8 >> 8);
    block[size - 1] = (unsigned char)(length * 8);
    for (size_t start = 0; start < size; start += 64) {
        for (int i = 0; i < 16; i++) {
            const unsigned char *p = block + start + i * 4;
            w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        }
        for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = rotated(a, 5) + f + e + k + w[i];
            e = d, d = c, c = rotated(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
}

static void accept_of(const char *key, size_t length, char text[29]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char both[64 + sizeof guid], digest[21] = {0};
    memcpy(both, key, length);
    memcpy(both + length, guid, sizeof guid - 1);
    sha1(both, length + sizeof guid - 1, digest);
    for (int i = 0; i < 7; i++) {
        const unsigned char *p = digest + i * 3;
        text[i * 4] = letters[p[0] >> 2];
        text[i * 4 + 1] = letters[(p[0] & 3) << 4 | p[1] >> 4];
        text[i * 4 + 2] = letters[(p[1] & 15) << 2 | p[2] >> 6];
        text[i * 4 + 3] = letters[p[2] & 63];
    }
    text[27] = '='; /* 20 bytes are 27 letters and one of padding */
    text[28] = 0;
}

static void watch(int file, uint32_t events, int how) {
    struct epoll_event event = {.events = events, .data.fd = file};
    if (epoll_ctl(poller, how, file, &event)) die("epoll_ctl");
}

static void add(int file, enum kind kind) {
    if (file >= FILES) {
        close(file);
        return;
    }
    struct connection *one = must(calloc(1, sizeof *one));
    one->kind = kind;
    connections[file] = one;
    watch(file, EPOLLIN, EPOLL_CTL_ADD);
}

static void drop(int file) {
    struct connection *one = connections[file];
    if (one->kind == SUBSCRIBER) {
        int last = members[--count];
        members[one->place] = last;
        connections[last]->place = one->place;
    }
    free(one->pending);
    free(one);
    connections[file] = NULL;
    close(file);
}

/* Returns whether the subscriber is still connected. */
static int push(int file, const char *bytes, size_t length) {
    struct connection *one = connections[file];
    if (!one->length) {
        ssize_t sent = send(file, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent == (ssize_t)length) return 1;
        if (sent < 0 && errno != EAGAIN) {
            drop(file);
            return 0;
        }
        if (sent > 0) bytes += sent, length -= (size_t)sent;
        watch(file, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    }
    one->pending = must(realloc(one->pending, one->start + one->length + length));
    memcpy(one->pending + one->start + one->length, bytes, length);
    one->length += length;
    return 1;
}

static void drain(int file) {
    struct connection *one = connections[file];
    ssize_t sent = send(file, one->pending + one->start, one->length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
        if (errno != EAGAIN) drop(file);
        return;
    }
    one->start += (size_t)sent;
    one->length -= (size_t)sent;
    if (one->length) return;
    free(one->pending);
    one->pending = NULL;
    one->start = 0;
    watch(file, EPOLLIN, EPOLL_CTL_MOD);
}

static void shake_hands(int file) {
    struct connection *one = connections[file];
    one->pending = must(realloc(one->pending, REQUEST + 1));
    ssize_t got = recv(file, one->pending + one->length, REQUEST - one->length, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) drop(file);
        return;
    }
    one->length += (size_t)got;
    one->pending[one->length] = 0;
    if (!strstr(one->pending, "\r\n\r\n")) {
        if (one->length == REQUEST) drop(file);
        return;
    }
    char *key = strcasestr(one->pending, "\r\nSec-WebSocket-Key:");
    if (key) key += 20, key += strspn(key, " \t");
    size_t length = key ? strcspn(key, " \t\r\n") : 0;
    if (!length || length > 60) {
        drop(file);
        return;
    }
    char accept[29], answer[256];
    accept_of(key, length, accept);
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    free(one->pending);
    one->pending = NULL;
    one->length = 0;
    one->kind = SUBSCRIBER;
    one->place = count;
    members[count++] = file;
    push(file, answer, (size_t)size);
}

static void listened(int file) {
    static char dropped[1 << 16];
    ssize_t got = recv(file, dropped, sizeof dropped, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) drop(file);
}

/* The frame of a text message (RFC 6455, 5.2) at `place`; returns its end. */
static char *frame(char *place, const char *message, uint32_t length) {
    *place++ = (char)0x81;
    if (length < 126) {
        *place++ = (char)length;
    } else if (length < 65536) {
        *place++ = 126, *place++ = (char)(length >> 8), *place++ = (char)length;
    } else {
        *place++ = 127;
        memset(place, 0, 4), place += 4;
        for (int shift = 24; shift >= 0; shift -= 8) *place++ = (char)(length >> shift);
    }
    memcpy(place, message, length);
    return place + length;
}

static void publish(int file) {
    if (room - held < 1 << 16) intake = must(realloc(intake, room += 1 << 20));
    ssize_t got = recv(file, intake + held, room - held, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) drop(file), held = 0;
        return;
    }
    held += (size_t)got;
    /* A frame's header has at most ten bytes; a message has four bytes of length and at least one of content. */
    if (ready_room < held * 3) ready = must(realloc(ready, ready_room = held * 3));
    char *end = ready;
    size_t start = 0;
    while (held - start >= 4) {
        const unsigned char *p = (const unsigned char *)intake + start;
        uint32_t length = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        if (held - start - 4 < length) break;
        end = frame(end, intake + start + 4, length);
        start += 4 + length;
    }
    held -= start;
    memmove(intake, intake + start, held);
    if (end == ready) return;
    /* A subscriber that is removed is replaced by the last one, which is handled next. */
    for (uint32_t place = 0; place < count;) place += (uint32_t)push(members[place], ready, (size_t)(end - ready));
}

static void take_in(int file, enum kind kind) {
    for (int turn = 0; turn < 64; turn++) {
        int one = accept4(file, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (one < 0) return;
        int on = 1;
        if (kind == HANDSHAKE) setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        add(one, kind);
    }
}

static int control(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (file < 0 || bind(file, (struct sockaddr *)&address, sizeof address) || listen(file, 4)) die("control");
    return file;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    struct epoll_event events[EVENTS];
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1");
    add(atoi(argv[1]), LISTENER);
    add(control(argv[2]), CONTROL_LISTENER);
    for (;;) {
        int number = epoll_wait(poller, events, EVENTS, -1);
        if (number < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < number; i++) {
            int file = events[i].data.fd;
            struct connection *one = connections[file];
            if (!one) continue; /* removed by an earlier event */
            switch (one->kind) {
            case LISTENER: take_in(file, HANDSHAKE); break;
            case CONTROL_LISTENER: take_in(file, CONTROL); break;
            case CONTROL: publish(file); break;
            case HANDSHAKE: shake_hands(file); break;
            case SUBSCRIBER:
                if (events[i].events & EPOLLOUT) drain(file);
                if (connections[file] && events[i].events & ~(uint32_t)EPOLLOUT) listened(file);
                break;
            case NOTHING: break;
            }
        }
    }
}
