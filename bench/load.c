/* The load client of the benchmark: thousands of WebSocket or SSE subscribers on one core; each counts every item.

   Commands come as lines on standard input, answers go as lines of JSON to standard output; bench/load.py says
   both. One thread, epoll, one read of a socket for each time it is ready. It ends with its standard input. */

#include "load.h"

struct dialect dialect;
struct counters counters;
struct arrivals *expected;
uint32_t expected_from, expected_to, due_count, due_total;
static useconds_t nap; /* µs after each look at the sockets that found some of them ready, in which more become so */

void fault(const char *format, ...) {
    char what[300];
    va_list more;
    va_start(more, format);
    vsnprintf(what, sizeof what, format, more);
    va_end(more);
    for (char *c = what; *c; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || (unsigned char)*c > '~') *c = '\'';
    printf("{\"event\":\"fault\",\"what\":\"%s\"}\n", what);
    fflush(stdout);
    exit(2);
}

void items_done(void) {
    printf("{\"event\":\"items\",\"items\":[");
    for (uint32_t i = 0; i <= expected_to - expected_from; i++) {
        struct arrivals *a = &expected[i];
        printf("%s[%u,%lld,%lld,%lld,%lld]", i ? "," : "", a->count, (long long)a->first, (long long)a->middle,
               (long long)a->late, (long long)a->last);
    }
    printf("]}\n");
}

static char *hex(const char *text, size_t *length) {
    size_t size = strlen(text) / 2;
    char *bytes = malloc(size + 1);
    if (!bytes) fault("there is no memory left");
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        sscanf(text + 2 * i, "%2x", &byte);
        bytes[i] = byte;
    }
    bytes[size] = 0;
    *length = size;
    return bytes;
}

static void expect(uint32_t from, uint32_t to) {
    if (due_count) fault("items %u to %u are still on their way", expected_from, expected_to);
    free(expected);
    expected = calloc(to - from + 1, sizeof *expected);
    if (!expected || to < from) fault("items %u to %u cannot be expected", from, to);
    expected_from = from;
    expected_to = to;
    for (uint32_t i = 0; i < used; i++) {
        struct connection *c = &connections[i];
        c->due = (c->state == OPEN && !c->muted && c->next <= to) || (c->state == CUT && c->cursor[0]);
        due_count += c->due;
    }
    due_total = due_count;
    printf("{\"event\":\"expecting\",\"count\":%u}\n", due_total);
    if (!due_total) items_done();
}

static uint32_t each_open(uint32_t most, bool muted, void (*act)(uint32_t)) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < used && count < most; i++)
        if (connections[i].state == OPEN && connections[i].muted == muted) {
            act(i);
            count++;
        }
    return count;
}

static void cut(uint32_t i) { hang_up(&connections[i], CUT, true); }

static void mute(uint32_t i) {
    watch(i, EPOLL_CTL_MOD, EPOLLRDHUP);
    connections[i].muted = true;
    not_due(&connections[i]);
}

static void unmute(uint32_t i) {
    connections[i].muted = false;
    watch(i, EPOLL_CTL_MOD, EPOLLIN);
}

static void leave(uint32_t i) {
    static const char bye[] = {(char)0x88, (char)0x82, 0, 0, 0, 0, 3, (char)0xe8};
    not_due(&connections[i]);
    connections[i].state = LEAVING;
    leaving++;
    say_bytes(&connections[i], bye, sizeof bye);
}

static void open_more(uint32_t count, uint32_t first, uint32_t inflight, double rate) {
    uint32_t made = 0;
    for (uint32_t i = 0; made < count && i < limit; i++) {
        if (connections[i].state != NOBODY) continue;
        memset(&connections[i], 0, sizeof connections[i]);
        connections[i].state = WANTED;
        connections[i].fd = -1;
        connections[i].next = first;
        if (i >= used) used = i + 1;
        made++;
    }
    if (made < count) fault("%u connections are more than a process may have here", count);
    start_job(count, inflight, rate);
}

static void come_back(uint32_t inflight, double rate) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < used; i++)
        if (connections[i].state == CUT) {
            connections[i].state = WANTED;
            connections[i].again = connections[i].cursor[0] != 0;
            connections[i].retry = 0;
            count++;
        }
    start_job(count, inflight, rate);
}

static void stats(void) {
    uint32_t states[8] = {0}, muted = 0;
    for (uint32_t i = 0; i < used; i++) states[connections[i].state]++, muted += connections[i].muted;
    struct counters *n = &counters;
    printf("{\"event\":\"stats\",\"now\":%lld,\"cpu\":%lld,\"open\":%u,\"muted\":%u,\"cut\":%u",
           (long long)nanoseconds(CLOCK_MONOTONIC), (long long)nanoseconds(CLOCK_PROCESS_CPUTIME_ID), states[OPEN], muted,
           states[CUT]);
    const char *names[] = {"bytes",   "messages",   "deflated", "items",  "left_out",    "pings", "snapshots",
                           "replays", "incomplete", "refused",  "closed", "closed_muted"};
    for (int i = 0; i < 12; i++) printf(",\"%s\":%llu", names[i], (unsigned long long)(&n->bytes)[i]);
    printf(",\"codes\":{");
    for (int i = 0; i < n->code_kinds; i++)
        printf("%s\"%u\":%llu", i ? "," : "", n->codes[i], (unsigned long long)n->code_counts[i]);
    printf("}}\n");
}

static void obey(char *line) {
    char *word[66] = {0};
    int words = 0;
    for (char *w = strtok(line, " "); w && words < 65; w = strtok(NULL, " ")) word[words++] = w;
    if (!words) return;
#define IS(name) !strcmp(word[0], name)
#define NUMBER(i) (word[i] ? strtoul(word[i], NULL, 10) : 0)
    if (IS("ports"))
        for (port_count = 0; word[port_count + 1] && port_count < 64; port_count++) ports[port_count] = NUMBER(port_count + 1);
    else if (IS("sources") && words > 2) first_source = ntohl(inet_addr(word[1])), source_count = NUMBER(2);
    else if (IS("nap")) nap = NUMBER(1);
    else if (IS("buffer")) receive_buffer = NUMBER(1);
    else if (IS("requests")) dialect.request_count = 0;
    else if (IS("request") && words > 1 && dialect.request_count < 1024) {
        int i = dialect.request_count++;
        dialect.requests[i] = hex(word[1], &dialect.request_lengths[i]);
    } else if (IS("hello") && words > 1) dialect.hello = hex(word[1], &dialect.hello_length);
    else if (IS("recover") && words > 1) dialect.recover = hex(word[1], &(size_t){0});
    else if (IS("joined") && words > 1) dialect.joined = hex(word[1], &dialect.joined_length);
    else if (IS("resume") && words > 1) dialect.resume = strdup(word[1]);
    else if (IS("stream")) dialect.stream = true;
    else if (IS("sse")) dialect.sse = dialect.stream = true;
    else if (IS("lenient")) dialect.lenient = NUMBER(1);
    else if (IS("answer") && words > 2 && dialect.answer_count < 4) {
        struct pair *p = &dialect.answers[dialect.answer_count++];
        p->seen = hex(word[1], &p->seen_length);
        p->said = hex(word[2], &p->said_length);
    } else if (IS("open")) open_more(NUMBER(1), NUMBER(2), NUMBER(3), word[4] ? atof(word[4]) : 0);
    else if (IS("back")) come_back(NUMBER(1), word[2] ? atof(word[2]) : 0);
    else if (IS("expect")) expect(NUMBER(1), NUMBER(2));
    else if (IS("replaced")) may_be_left_out(NUMBER(1));
    else if (IS("cut")) printf("{\"event\":\"cut\",\"count\":%u}\n", each_open(NUMBER(1), false, cut));
    else if (IS("mute")) printf("{\"event\":\"muted\",\"count\":%u}\n", each_open(NUMBER(1), false, mute));
    else if (IS("unmute")) printf("{\"event\":\"unmuted\",\"count\":%u}\n", each_open(NUMBER(1), true, unmute));
    else if (IS("leave")) {
        if (!each_open(NUMBER(1), false, leave)) printf("{\"event\":\"left\"}\n");
    } else if (IS("stats")) stats();
    else fault("there is no command %s", word[0]);
}

static void commands(void) {
    static char *text;
    static size_t held, room;
    if (room - held < 65536 && !(text = realloc(text, room = room * 2 + 65536))) fault("there is no memory left");
    ssize_t got = read(0, text + held, room - held);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) exit(0);
    held += got;
    char *at = text, *end;
    while ((end = memchr(at, '\n', text + held - at))) {
        *end = 0;
        obey(at);
        at = end + 1;
    }
    held -= at - text;
    memmove(text, at, held);
}

int main(int count, char **arguments) {
    static struct epoll_event events[1024];
    struct rlimit files;
    prctl(PR_SET_PDEATHSIG, 9);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    limit = files.rlim_cur > 1000000 ? 1000000 : files.rlim_cur - 32;
    connections = calloc(limit, sizeof *connections);
    cpu_set_t core;
    CPU_ZERO(&core);
    if (count > 1) CPU_SET(atoi(arguments[1]), &core);
    if (!connections || (count > 1 && sched_setaffinity(0, sizeof core, &core))) fault("core %s: %s", arguments[1], strerror(errno));
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    fcntl(0, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &input)) fault("standard input: %s", strerror(errno));
    for (;;) {
        fflush(stdout);
        int ready = epoll_wait(poller, events, 1024, dial_more());
        for (int i = 0; i < ready; i++) {
            uint32_t index = events[i].data.u32;
            if (index == UINT32_MAX) commands();
            else if (connections[index].fd >= 0) readable(index, events[i].events);
        }
        if (nap && ready > 0 && ready < 1024) usleep(nap);
    }
}
