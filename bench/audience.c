/* Frames and messages: checks that each subscriber gets every item once and in order; if not, the round ends with an error. */

#include "load.h"

#define MARK "bench-item-"
#define MARK_LENGTH 11
#define DIGITS 8
#define KNOWN 4096
#define INFLATED (8 << 20)

/* The content of a message. It is parsed once; the bytes of the other subscribers are compared with the parsed ones. */
struct meaning {
    char *bytes;
    size_t length;
    bool deflated, kept, snapshot, replay, complete, joined, disordered, unrecovered;
    uint32_t first, last; /* items; 0: none */
    uint32_t left_out; /* items between the two that the message does not have */
    uint8_t asked; /* bit i: a line of the message is the text ping of answer i */
    char cursor[81];
    uint64_t offset;
    struct history *before, *after; /* what its connections keep; NULL for those that keep nothing */
};

static struct meaning known[KNOWN], other; /* the last one is for messages with no item or several */

/* By the item's number and what the connection keeps: the first messages after a join differ between filters, so that the same bytes
   follow another history, and a round does not go through them one filter after the other. */
static struct meaning *known_of(uint32_t number, const struct history *before) {
    return &known[(number + ((uintptr_t)before >> 6)) % KNOWN];
}

void not_due(struct connection *c) {
    if (!c->due) return;
    c->due = false;
    if (--due_count == 0) items_done();
}

static bool *replaced; /* by number: whether a newer version may arrive instead */
static uint32_t replaced_room;

void may_be_left_out(uint32_t number) {
    if (number >= replaced_room) {
        uint32_t room = number * 2 + 1024;
        if (!(replaced = realloc(replaced, room * sizeof *replaced))) fault("there is no memory left");
        memset(replaced + replaced_room, 0, (room - replaced_room) * sizeof *replaced);
        replaced_room = room;
    }
    replaced[number] = true;
}

static uint32_t after_left_out(uint32_t due, uint32_t number) {
    while (due < number && due < replaced_room && replaced[due]) due++;
    return due;
}

static void took(struct connection *c, uint32_t number, int64_t now) {
    c->next = number + 1;
    if (!c->due) return;
    if (number >= expected_from && number <= expected_to) {
        struct arrivals *a = &expected[number - expected_from];
        uint32_t count = ++a->count;
        if (count == 1) a->first = now;
        if (count == (due_total + 1) / 2) a->middle = now;
        if (count == due_total - due_total / 100) a->late = now;
        a->last = now;
    }
    if (number >= expected_to) not_due(c);
}

static void arrived(struct connection *c, uint32_t number, int64_t now) {
    uint32_t due = c->next ? after_left_out(c->next, number) : number;
    if (number != due) fault("item %u came where item %u was due", number, c->next);
    for (uint32_t left_out = c->next ? c->next : number; left_out < number; left_out++) {
        counters.left_out++;
        took(c, left_out, now);
    }
    counters.items++;
    took(c, number, now);
}

static uint32_t number_at(const char *digits) {
    uint32_t number = 0;
    for (int i = 0; i < DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '9') fault("a mark without a number came");
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

static const char *find(const char *text, size_t length, const char *what, size_t size) {
    return memmem(text, length, what, size);
}

static bool has(const char *text, size_t length, const char *what) {
    return find(text, length, what, strlen(what)) != NULL;
}

/* Centrifugo writes what waits for a client as lines of one message, pings included. */
static uint8_t pings_in(const char *text, size_t length) {
    uint8_t found = 0;
    for (int i = 0; i < dialect.answer_count; i++) {
        const char *seen = dialect.answers[i].seen, *end = text + length;
        size_t size = dialect.answers[i].seen_length;
        for (const char *line = text; line && line < end; line = (line = memchr(line, '\n', end - line)) ? line + 1 : NULL)
            if ((size_t)(end - line) >= size && !memcmp(line, seen, size) && (line + size == end || line[size] == '\n'))
                found |= 1 << i;
    }
    return found;
}

static void understand(struct meaning *m, const char *text, size_t length) {
    size_t head = length < 160 ? length : 160;
    m->snapshot = has(text, head, "\"type\":\"snapshot\"");
    m->replay = has(text, head, "\"type\":\"replay\"");
    m->complete = !has(text, m->snapshot ? length : head, "\"complete\":false");
    m->joined = dialect.joined_length && find(text, length, dialect.joined, dialect.joined_length);
    m->asked = pings_in(text, length);
    m->first = m->last = m->left_out = 0;
    m->disordered = false;
    m->cursor[0] = 0;
    const char *name = dialect.recover ? "\"epoch\":\"" : "\"cursor\":\"";
    const char *cursor = find(text, length, name, strlen(name)), *end = text + length;
    if (cursor) {
        size_t i = 0;
        for (cursor += strlen(name); cursor + i < end && cursor[i] != '"' && i < 80; i++) m->cursor[i] = cursor[i];
        m->cursor[i] = 0;
    }
    if (dialect.recover) {
        m->offset = highest_offset(text, length);
        m->unrecovered = is_unrecovered(text, length);
    }
    for (const char *at = text; (at = find(at, end - at, MARK, MARK_LENGTH)) && end - at >= MARK_LENGTH + DIGITS;) {
        at += MARK_LENGTH;
        uint32_t number = number_at(at);
        if (m->snapshot) { /* a snapshot has the newest state; its order is not checked */
            if (number > m->last) m->first = m->last = number;
            continue;
        }
        if (!m->first) m->first = number;
        else if (number != after_left_out(m->last + 1, number)) m->disordered = true;
        else m->left_out += number - m->last - 1;
        m->last = number;
    }
}

static bool is_same(const struct connection *c, const struct meaning *m, const char *data, size_t length, bool deflated) {
    const struct history *before = deflated ? c->history : NULL;
    return length && m->length == length && m->deflated == deflated && m->kept == c->keeps && m->before == before &&
           !memcmp(m->bytes, data, length);
}

static const struct meaning *meaning_of(struct connection *c, const char *data, size_t length, bool deflated) {
    static char *inflated;
    struct history *before = deflated ? c->history : NULL, *after = NULL;
    struct meaning *m = known_of(c->next, before);
    if (is_same(c, m, data, length, deflated)) return m;
    if (is_same(c, &other, data, length, deflated)) return &other;
    const char *text = data;
    size_t size = length;
    if (deflated) {
        if (!inflated && !(inflated = malloc(INFLATED))) fault("there is no memory left");
        size_t start = bytes_of(before, inflated);
        long end = inflate_message((const uint8_t *)data, length, (uint8_t *)inflated, start, INFLATED);
        if (end < 0) fault("a message came that does not inflate");
        if (c->keeps) after = history_of(inflated, end);
        text = inflated + start;
        size = end - start;
    }
    struct meaning fresh = {0};
    understand(&fresh, text, size);
    m = fresh.first && fresh.first == fresh.last && !fresh.snapshot && !fresh.replay ? known_of(fresh.first, before) : &other;
    char *bytes = realloc(m->bytes, length ? length : 1);
    if (!bytes) fault("there is no memory left");
    one_more(before);
    one_less(m->before);
    one_less(m->after);
    *m = fresh;
    m->before = before;
    m->after = after;
    m->bytes = memcpy(bytes, data, length);
    m->length = length;
    m->deflated = deflated;
    m->kept = c->keeps;
    return m;
}

/* A chunk of a byte stream: complete parts are not read again, and an incomplete one is kept for the next chunk. */
static void stream(struct connection *c, const char *data, size_t length, int64_t now) {
    static char *whole;
    static size_t room;
    size_t size = c->tail_held + length, at = 0;
    if (size > room && !(whole = realloc(whole, room = size * 2))) fault("there is no memory left");
    memcpy(whole, c->tail, c->tail_held);
    memcpy(whole + c->tail_held, data, length);
    for (int i = 0; i < dialect.answer_count; i++) {
        const char *seen = find(whole, size, dialect.answers[i].seen, dialect.answers[i].seen_length);
        if (!seen) continue;
        say_bytes(c, dialect.answers[i].said, dialect.answers[i].said_length);
        at = seen - whole + dialect.answers[i].seen_length;
    }
    if (c->state == JOINING && find(whole, size, dialect.joined, dialect.joined_length)) now_joined(c, now);
    for (const char *mark = whole; (mark = find(mark, whole + size - mark, MARK, MARK_LENGTH));) {
        if (whole + size - mark < MARK_LENGTH + DIGITS) break;
        mark += MARK_LENGTH;
        arrived(c, number_at(mark), now);
        if ((size_t)(mark - whole) > at) at = mark - whole;
    }
    c->tail_held = size - at < MARK_LENGTH + DIGITS - 1 ? size - at : MARK_LENGTH + DIGITS - 1;
    memcpy(c->tail, whole + size - c->tail_held, c->tail_held);
}

void message(struct connection *c, const char *data, size_t length, bool deflated, int64_t now) {
    counters.messages++;
    counters.deflated += deflated;
    if (dialect.stream) return stream(c, data, length, now);
    for (int i = 0; i < dialect.answer_count; i++)
        if (dialect.answers[i].seen_length == length && !memcmp(dialect.answers[i].seen, data, length)) {
            counters.pings++;
            return say_bytes(c, dialect.answers[i].said, dialect.answers[i].said_length);
        }
    const struct meaning *m = meaning_of(c, data, length, deflated);
    for (int i = 0; i < dialect.answer_count && m->asked; i++)
        if (m->asked & 1 << i) {
            counters.pings++;
            say_bytes(c, dialect.answers[i].said, dialect.answers[i].said_length);
        }
    if (deflated && c->keeps) {
        one_more(m->after);
        one_less(c->history);
        c->history = m->after;
    }
    if (m->disordered) fault("a message came whose items are not in order");
    if (m->cursor[0]) strcpy(c->cursor, m->cursor);
    if (m->offset) c->offset = m->offset;
    counters.snapshots += m->snapshot;
    counters.replays += m->replay;
    if ((m->snapshot && !m->complete) || m->unrecovered) {
        if (!dialect.lenient) fault("a subscriber that came back, or was slow, lost its place");
        counters.incomplete++;
        c->next = 0;
    }
    if (m->snapshot) {
        if (m->last >= c->next) c->next = m->last ? m->last + 1 : c->next;
        if (c->due && c->next > expected_to) not_due(c);
    } else if (m->first) {
        for (uint32_t number = m->first; number <= m->last; number++) arrived(c, number, now);
        counters.items -= m->left_out;
        counters.left_out += m->left_out;
    }
    if (c->state == JOINING && m->joined) now_joined(c, now);
}

/* Handles the complete frames in `data` and returns their length. `data` is at most one read of the socket. */
size_t read_frames(struct connection *c, char *data, size_t length, int64_t now) {
    size_t at = 0;
    while (length - at >= 2 && c->state != WANTED && c->state != CUT && c->state != NOBODY) {
        const uint8_t *head = (const uint8_t *)data + at;
        size_t start = 2, size = head[1];
        if (size & 0x80) fault("a masked frame came from the server");
        if (size >= 126) {
            start = size == 126 ? 4 : 10;
            if (length - at < start) break;
            size = 0;
            for (size_t i = 2; i < start; i++) size = size << 8 | head[i];
            if (size > 1u << 30) fault("a frame of %zu bytes was announced", size);
        }
        if (length - at < start + size) break;
        char *payload = data + at + start;
        at += start + size;
        bool deflated = head[0] & 0x40;
        if (head[0] & 0x30 || !(head[0] & 0x80) || (deflated && (!c->deflate || (head[0] & 0x0f) > 2)))
            fault("a frame that starts with 0x%02x came", head[0]);
        switch (head[0] & 0x0f) {
        case 1:
        case 2:
            if (c->state != LEAVING) message(c, payload, size, deflated, now);
            break;
        case 8:
            hung_up(c, size >= 2 ? (uint8_t)payload[0] << 8 | (uint8_t)payload[1] : 1005, now);
            break;
        case 9: {
            char pong[131] = {(char)0x8a, (char)(0x80 | size)}; /* the mask is zero, so the payload stays as it is */
            if (size > 125) fault("a ping of %zu bytes came", size);
            memcpy(pong + 6, payload, size);
            say_bytes(c, pong, size + 6);
            counters.pings++;
            break;
        }
        case 10: break;
        default: fault("a frame that starts with 0x%02x came", head[0]);
        }
    }
    return at;
}
