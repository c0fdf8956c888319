/* What the parts of the load client share: commands (load.c), connections (connections.c), messages (audience.c). */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum state { NOBODY, WANTED, CONNECTING, UPGRADING, JOINING, OPEN, CUT, LEAVING };

struct connection {
    int fd;
    uint8_t state;
    bool due;      /* the expected items are expected on this connection too */
    bool muted;    /* it does not read */
    bool again;    /* it reconnects: its first message must not report a gap */
    bool deflate;  /* negotiated */
    bool keeps;    /* negotiated: messages may refer to those before */
    uint32_t next; /* number of the next item; 0: any */
    struct history *history; /* of a connection that keeps one; NULL before the first compressed message */
    char *rest;    /* the beginning of a frame, or of the handshake's answer */
    size_t held, room;
    char cursor[81], tail[24]; /* tail: the end of a chunk that the next one may complete */
    uint64_t offset; /* of the newest item, where a client resumes by a message; then `cursor` is the epoch */
    uint8_t tail_held;
    int64_t began, retry; /* ns: when its connect() began; when a refused one may try again */
};

/* The end of what connections decompressed, to which their next message may refer. Connections with the same end share it. */
struct history;

/* An expected item: when it reached the first, half, 99 % and the last of the subscribers. */
struct arrivals {
    uint32_t count;
    int64_t first, middle, late, last;
};

struct pair {
    char *seen, *said;
    size_t seen_length, said_length;
};

/* The contender's protocol, set by commands. */
struct dialect {
    char *requests[1024], *hello, *recover, *joined, *resume;
    size_t request_lengths[1024], hello_length, joined_length;
    int request_count, answer_count;
    struct pair answers[4];
    bool stream;  /* messages may be split anywhere */
    bool sse;     /* one reply without an end, in chunks, instead of WebSocket frames */
    bool lenient; /* closes and refusals by the server are counted and are no error */
};

struct counters {
    uint64_t bytes, messages, deflated, items, left_out, pings, snapshots, replays, incomplete, refused, closed,
        closed_muted;
    uint32_t codes[16];
    uint64_t code_counts[16];
    int code_kinds;
};

extern struct dialect dialect;
extern struct counters counters;
extern struct arrivals *expected;
extern uint32_t expected_from, expected_to, due_count, due_total;

extern struct connection *connections;
extern uint32_t used, limit, leaving, source_count;
extern int poller, port_count, receive_buffer;
extern uint16_t ports[64];
extern in_addr_t first_source;

int64_t nanoseconds(clockid_t clock);
void watch(uint32_t index, int how, uint32_t events);
void hang_up(struct connection *c, enum state after, bool abort);
void start_job(uint32_t total, uint32_t inflight, double rate);
int dial_more(void);
void readable(uint32_t index, uint32_t events);
long inflate_message(const uint8_t *in, size_t length, uint8_t *out, size_t before, size_t room);
size_t bytes_of(const struct history *h, char *out);
struct history *history_of(const char *end, size_t size);
struct history *one_more(struct history *h);
void one_less(struct history *h);
size_t read_frames(struct connection *c, char *data, size_t length, int64_t now);
size_t read_chunks(struct connection *c, char *data, size_t length, int64_t now);
void message(struct connection *c, const char *data, size_t length, bool deflated, int64_t now);
void not_due(struct connection *c);
void may_be_left_out(uint32_t number);
void say_bytes(struct connection *c, const char *data, size_t length);
void say_hello(struct connection *c);
uint64_t highest_offset(const char *text, size_t length);
bool is_unrecovered(const char *text, size_t length);
void now_joined(struct connection *c, int64_t now);
void hung_up(struct connection *c, unsigned code, int64_t now);
void items_done(void);
_Noreturn void fault(const char *format, ...);
