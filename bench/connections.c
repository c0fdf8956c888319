/* Opens, joins, reads and closes connections; each is read once per readiness event. */

#include "load.h"

struct connection *connections;
uint32_t used, limit, leaving, source_count;
int poller, port_count, receive_buffer;
uint16_t ports[64];
in_addr_t first_source;

/* Connections that are being opened, for the first time or again; one job at a time. */
static struct {
    bool running;
    uint32_t total, undialled, dialling, done, scan;
    uint32_t inflight;
    double rate;
    int64_t began;
    float *took;
    uint64_t refused;
} job;

int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void watch(uint32_t index, int how, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = index};
    if (epoll_ctl(poller, how, connections[index].fd, &event)) fault("epoll: %s", strerror(errno));
}

void hang_up(struct connection *c, enum state after, bool abort) {
    struct linger now = {1, 0}; /* a reset, so that no socket stays in TIME_WAIT and keeps its port */
    if (abort) setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(c->fd);
    free(c->rest);
    c->rest = NULL;
    c->held = c->room = 0;
    c->tail_held = 0;
    c->muted = false;
    c->fd = -1;
    c->state = after;
}

void say_bytes(struct connection *c, const char *data, size_t length) {
    ssize_t sent = send(c->fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)length && !dialect.lenient && c->state != LEAVING)
        fault("a subscriber could not answer: %s", sent < 0 ? strerror(errno) : "the socket is full");
}

static void job_done(void) {
    if (!job.running || job.done < job.total) return;
    job.running = false;
    int64_t last = nanoseconds(CLOCK_MONOTONIC);
    printf("{\"event\":\"joined\",\"count\":%u,\"began\":%lld,\"last\":%lld,\"refused\":%llu,\"took\":[", job.total,
           (long long)job.began, (long long)last, (unsigned long long)job.refused);
    for (uint32_t i = 0; i < job.total; i++) printf(i ? ",%.3f" : "%.3f", job.took[i]);
    printf("]}\n");
}

void now_joined(struct connection *c, int64_t now) {
    c->state = OPEN;
    job.took[job.done++] = (now - c->began) / 1e6;
    job.dialling--;
    job_done();
}

static void refused(struct connection *c, const char *why) {
    if (!dialect.lenient) fault("a join failed: %s", why);
    counters.refused++;
    job.refused++;
    job.dialling--;
    job.undialled++;
    hang_up(c, WANTED, true);
    c->retry = nanoseconds(CLOCK_MONOTONIC) + 200000000;
}

static void say_request(struct connection *c, uint32_t index) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static uint64_t seed = 0x9e3779b97f4a7c15;
    char out[8192], *at = out;
    const char *from = dialect.requests[index % dialect.request_count];
    const char *end = from + dialect.request_lengths[index % dialect.request_count];
    while (from < end && at < out + sizeof out - 200) {
        if (*from == '\1') { /* the key: 16 random bytes in base 64 */
            for (int i = 0; i < 21; i++) {
                seed = seed * 6364136223846793005 + 1442695040888963407;
                *at++ = digits[seed >> 58];
            }
            memcpy(at, "A==", 3);
            at += 3;
        } else if (*from == '\2') { /* the cursor to resume from */
            if (c->again) at += sprintf(at, "%s%s", dialect.resume, c->cursor);
        } else
            *at++ = *from;
        from++;
    }
    c->state = UPGRADING;
    if (send(c->fd, out, at - out, MSG_NOSIGNAL) != at - out) refused(c, strerror(errno));
}

static void dial(uint32_t index) {
    struct connection *c = &connections[index];
    int on = 1;
    job.undialled--;
    job.dialling++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) fault("no more sockets: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (source_count) {
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(first_source + index % source_count)};
        if (bind(c->fd, (void *)&own, sizeof own)) fault("no source address: %s", strerror(errno));
    }
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    there.sin_port = htons(ports[index % port_count]);
    c->deflate = c->keeps = c->muted = false;
    one_less(c->history);
    c->history = NULL;
    c->began = nanoseconds(CLOCK_MONOTONIC);
    c->state = CONNECTING;
    if (!connect(c->fd, (void *)&there, sizeof there)) {
        watch(index, EPOLL_CTL_ADD, EPOLLIN);
        say_request(c, index);
    } else if (errno == EINPROGRESS)
        watch(index, EPOLL_CTL_ADD, EPOLLOUT);
    else
        refused(c, strerror(errno));
}

/* The longest wait, in ms, until the next connection can be opened; -1: until an event. */
int dial_more(void) {
    if (!job.running || !job.undialled) return -1;
    int64_t now = nanoseconds(CLOCK_MONOTONIC);
    for (uint32_t seen = 0, dialled = 0; seen < used && job.undialled && dialled < 256; seen++) {
        if (job.inflight && job.dialling >= job.inflight) return -1;
        if (job.rate > 0 && job.total - job.undialled >= job.rate * (now - job.began) / 1e9) return 1;
        uint32_t index = job.scan++ % used;
        if (connections[index].state != WANTED || connections[index].retry > now) continue;
        dial(index);
        dialled++;
    }
    return job.undialled ? 1 : -1;
}

void start_job(uint32_t total, uint32_t inflight, double rate) {
    if (job.running) fault("one job at a time");
    float *took = realloc(job.took, (total + 1) * sizeof *took);
    if (!took) fault("there is no memory left");
    memset(&job, 0, sizeof job);
    job.took = took;
    job.running = true;
    job.total = job.undialled = total;
    job.inflight = inflight;
    job.rate = rate;
    job.began = nanoseconds(CLOCK_MONOTONIC);
    job_done();
}

static bool has_field(const char *head, size_t length, const char *field) {
    size_t size = strlen(field);
    for (size_t at = 0; at + size <= length; at++)
        if (!strncasecmp(head + at, field, size)) return true;
    return false;
}

static size_t read_answer(struct connection *c, char *data, size_t length, int64_t now) {
    char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end) {
        if (length > 16384) fault("a join was answered with an endless head");
        return 0;
    }
    size_t head = end + 4 - data;
    if (length < 12 || memcmp(data, dialect.sse ? "HTTP/1.1 200" : "HTTP/1.1 101", 12)) {
        char line[80] = "";
        for (size_t i = 0; i < sizeof line - 1 && data[i] != '\r'; i++) line[i] = data[i];
        refused(c, line);
        return length;
    }
    if (dialect.sse && !has_field(data, head, "transfer-encoding: chunked")) fault("a stream came that is not in chunks");
    c->deflate = memmem(data, head, "permessage-deflate", 18) != NULL;
    c->keeps = c->deflate && !memmem(data, head, "server_no_context_takeover", 26);
    c->state = JOINING;
    if (dialect.hello_length) say_hello(c);
    if (!dialect.joined_length) now_joined(c, now);
    return head;
}

void hung_up(struct connection *c, unsigned code, int64_t now) {
    (void)now;
    if (c->state == LEAVING) {
        hang_up(c, NOBODY, true);
        if (--leaving == 0) printf("{\"event\":\"left\"}\n");
        return;
    }
    if (c->state < JOINING) return refused(c, "the server hung up");
    if (!dialect.lenient) fault("a subscriber was cut off, %s %u", code == 1006 ? "without a close frame:" : "code", code);
    counters.closed++;
    counters.closed_muted += c->muted;
    int i = 0;
    while (i < counters.code_kinds && counters.codes[i] != code) i++;
    if (i < 16) {
        counters.codes[i] = code;
        counters.code_counts[i]++;
        if (i == counters.code_kinds) counters.code_kinds++;
    }
    if (c->state == JOINING) return refused(c, "hung up");
    hang_up(c, CUT, true);
}

void readable(uint32_t index, uint32_t events) {
    static char shared[1 << 18];
    struct connection *c = &connections[index];
    if (c->state == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return refused(c, strerror(error));
        watch(index, EPOLL_CTL_MOD, EPOLLIN);
        return say_request(c, index);
    }
    if (c->muted) return hung_up(c, 1006, 0);
    if (c->fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    char *to = shared;
    size_t room = sizeof shared;
    bool large = c->held > sizeof shared / 2;
    if (large) {
        if (c->room - c->held < sizeof shared && !(c->rest = realloc(c->rest, c->room = 2 * c->held + sizeof shared)))
            fault("there is no memory left");
        to = c->rest + c->held;
        room = c->room - c->held;
    } else if (c->held) {
        memcpy(shared, c->rest, c->held);
        to += c->held;
        room -= c->held;
    }
    ssize_t got = recv(c->fd, to, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    int64_t now = nanoseconds(CLOCK_MONOTONIC);
    if (got <= 0) return hung_up(c, 1006, now);
    counters.bytes += got;
    char *data = large ? c->rest : shared;
    size_t length = c->held + got, at = 0;
    if (c->state == UPGRADING) at = read_answer(c, data, length, now);
    if (c->state >= JOINING && c->state != CUT)
        at += (dialect.sse ? read_chunks : read_frames)(c, data + at, length - at, now);
    if (c->fd < 0) return;
    if (large && at == 0) {
        c->held = length;
        return;
    }
    char *rest = NULL;
    if (length > at) {
        if (!(rest = malloc(length - at))) fault("there is no memory left");
        memcpy(rest, data + at, length - at);
    }
    free(c->rest);
    c->rest = rest;
    c->held = c->room = length - at;
}
