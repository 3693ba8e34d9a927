/* For generators and build scripts in C or C++: state facts and ask for others' over Cermet's channel; one header.
 * SPDX-License-Identifier: MIT
 *
 *     cermet_channel channel;
 *     if (cermet_connect(&channel)) {                     false: nobody listens, or another protocol is spoken
 *         char* area = cermet_require(&channel, "library", "area");   its value as JSON; free() it
 *         char* include = cermet_get(area, "include", 0);             the first text of that list; free() it
 *         cermet_provide(&channel, "headers", "shapes", "{\"include\": [\"/…/include\"]}", "transitive");
 *     }
 *
 * To be copied beside the program. The protocol is docs/protocol.md of Cermet. Texts are UTF-8. Functions that return text
 * return NULL where there is no answer; cermet_error() says why, until the next question. Not for several threads.
 */
#ifndef CERMET_CHANNEL_H
#define CERMET_CHANNEL_H
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    int descriptor;
    char* error; /* of the last question; owned */
} cermet_channel;

/* --- text that grows --- */
typedef struct {
    char* bytes;
    size_t size, room;
} cermet_buffer;

static void cermet_put(cermet_buffer* out, const char* bytes, size_t size) {
    if (out->size + size + 1 > out->room) {
        out->room = 2 * (out->size + size + 1);
        out->bytes = (char*)realloc(out->bytes, out->room);
        if (out->bytes == NULL) abort();
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    out->bytes[out->size] = '\0';
}

static void cermet_add(cermet_buffer* out, const char* text) { cermet_put(out, text, strlen(text)); }

/* `text` as JSON, with its quotes. */
static void cermet_add_quoted(cermet_buffer* out, const char* text) {
    cermet_add(out, "\"");
    for (; *text != '\0'; ++text) {
        char code[8];
        if (*text == '"' || *text == '\\') {
            code[0] = '\\', code[1] = *text;
            cermet_put(out, code, 2);
        } else if ((unsigned char)*text < 0x20) {
            snprintf(code, sizeof code, "\\u%04x", (unsigned)(unsigned char)*text);
            cermet_add(out, code);
        } else {
            cermet_put(out, text, 1);
        }
    }
    cermet_add(out, "\"");
}

static void cermet_add_member(cermet_buffer* out, const char* name, const char* text) {
    cermet_add(out, ", ");
    cermet_add_quoted(out, name);
    cermet_add(out, ": ");
    cermet_add_quoted(out, text);
}

/* --- reading JSON: only as far as answers need it --- */
static const char* cermet_skip(const char* at) {
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') ++at;
    return at;
}

/* Past a JSON value; NULL where there is none. */
static const char* cermet_past(const char* at) {
    int depth = 0;
    at = cermet_skip(at);
    do {
        if (*at == '\0') return NULL;
        if (*at == '"') {
            for (++at; *at != '"'; ++at) {
                if (*at == '\\' && at[1] != '\0') ++at;
                if (*at == '\0') return NULL;
            }
            ++at;
        } else if (*at == '{' || *at == '[') {
            ++depth, ++at;
        } else if (*at == '}' || *at == ']') {
            if (depth-- == 0) return NULL;
            ++at;
        } else if (depth > 0 && (*at == ',' || *at == ':' || *at == ' ')) {
            ++at;
        } else {
            const char* begin = at;
            while (*at != '\0' && strchr(",:]} \t\r\n\"[{", *at) == NULL) ++at;
            if (at == begin) return NULL;
        }
    } while (depth > 0);
    return at;
}

/* The value of a member of a JSON object; NULL where it is not there. */
static const char* cermet_find(const char* json, const char* name) {
    cermet_buffer wanted = {NULL, 0, 0};
    const char *at = cermet_skip(json), *found = NULL;
    cermet_add_quoted(&wanted, name);
    if (*at == '{') ++at;
    while (found == NULL && *(at = cermet_skip(at)) == '"') {
        const char* end = cermet_past(at);
        const bool same = end != NULL && (size_t)(end - at) == wanted.size && memcmp(at, wanted.bytes, wanted.size) == 0;
        if (end == NULL || *(at = cermet_skip(end)) != ':') break;
        at = cermet_skip(at + 1);
        if (same) found = at;
        if ((at = cermet_past(at)) == NULL) break;
        if (*(at = cermet_skip(at)) == ',') ++at;
    }
    free(wanted.bytes);
    return found;
}

/* A JSON text without its quotes and escapes, any other value as it stands. */
static char* cermet_plain(const char* at) {
    cermet_buffer out = {NULL, 0, 0};
    const char* end = cermet_past(at);
    cermet_put(&out, "", 0);
    if (*at != '"') {
        if (end != NULL) cermet_put(&out, at, (size_t)(end - at));
        return out.bytes;
    }
    for (++at; *at != '"' && *at != '\0'; ++at) {
        if (*at != '\\') {
            cermet_put(&out, at, 1);
            continue;
        }
        ++at;
        if (*at == 'u' && strlen(at) > 4) { /* answers hold UTF-8; only control characters are written so */
            char digits[5] = {at[1], at[2], at[3], at[4], '\0'};
            char c = (char)strtol(digits, NULL, 16);
            cermet_put(&out, &c, 1);
            at += 4;
        } else {
            char c = *at == 'n' ? '\n' : *at == 't' ? '\t' : *at == 'r' ? '\r' : *at;
            cermet_put(&out, &c, 1);
        }
    }
    return out.bytes;
}

/* The `index`-th text of a member that is a list, or the member itself with index 0; NULL where there is none. free() it. */
static char* cermet_get(const char* json, const char* name, size_t index) {
    const char* at = json == NULL ? NULL : cermet_find(json, name);
    if (at == NULL) return NULL;
    if (*at != '[') return index == 0 ? cermet_plain(at) : NULL;
    for (at = cermet_skip(at + 1); *at != ']' && *at != '\0'; --index) {
        if (index == 0) return cermet_plain(at);
        if ((at = cermet_past(at)) == NULL) return NULL;
        if (*(at = cermet_skip(at)) == ',') at = cermet_skip(at + 1);
    }
    return NULL;
}

/* --- the channel --- */
static bool cermet_write(const cermet_channel* channel, const char* bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(channel->descriptor, bytes, size);
        if (written <= 0) return false;
        bytes += written, size -= (size_t)written;
    }
    return true;
}

/* `members`: of a message, without braces. */
static bool cermet_say(const cermet_channel* channel, const char* members) {
    cermet_buffer line = {NULL, 0, 0};
    cermet_add(&line, "{");
    cermet_add(&line, members);
    cermet_add(&line, "}\n");
    const bool done = cermet_write(channel, line.bytes, line.size);
    free(line.bytes);
    return done;
}

static const char* cermet_error(const cermet_channel* channel) { return channel->error == NULL ? "" : channel->error; }

/* The answer as JSON; NULL: see cermet_error(). free() it. */
static char* cermet_ask(cermet_channel* channel, const char* members) {
    cermet_buffer line = {NULL, 0, 0};
    char c, *answer = NULL;
    const char* found;
    free(channel->error);
    channel->error = NULL;
    cermet_add(&line, "\"id\": 1, ");
    cermet_add(&line, members);
    const bool sent = cermet_say(channel, line.bytes);
    line.size = 0;
    while (sent && read(channel->descriptor, &c, 1) == 1 && c != '\n') cermet_put(&line, &c, 1);
    if (line.size == 0) {
        channel->error = strdup("Cermet does not answer any more");
    } else if ((found = cermet_find(line.bytes, "answer")) != NULL) {
        cermet_buffer out = {NULL, 0, 0};
        cermet_put(&out, found, (size_t)(cermet_past(found) - found));
        answer = out.bytes;
    } else {
        channel->error = cermet_get(line.bytes, "error", 0);
    }
    free(line.bytes);
    return answer;
}

static bool cermet_connect(cermet_channel* channel) {
    const char* text = getenv("CERMET_CHANNEL");
    channel->error = NULL;
    channel->descriptor = text == NULL ? -1 : atoi(text);
    if (text == NULL) return false;
    char* answer = cermet_ask(channel, "\"type\": \"hello\", \"protocol\": [1], \"client\": \"cermet_channel.h 1\"");
    const bool done = answer != NULL;
    free(answer);
    return done;
}

/* A question of a kind and a name; NULL: see cermet_error(). free() it. */
static char* cermet_ask_named(cermet_channel* channel, const char* type, const char* kind, const char* name) {
    cermet_buffer out = {NULL, 0, 0};
    cermet_add(&out, "\"type\": ");
    cermet_add_quoted(&out, type);
    if (kind != NULL) cermet_add_member(&out, "kind", kind);
    cermet_add_member(&out, "name", name);
    char* answer = cermet_ask(channel, out.bytes);
    free(out.bytes);
    return answer;
}

/* The value of a fact, as JSON. */
static inline char* cermet_require(cermet_channel* channel, const char* kind, const char* name) {
    char* answer = cermet_ask_named(channel, "require", kind, name);
    char* value = cermet_get(answer, "value", 0);
    free(answer);
    return value;
}

/* The path of a download that is declared for this program. */
static inline char* cermet_fetch(cermet_channel* channel, const char* name) {
    char* answer = cermet_ask_named(channel, "fetch", NULL, name);
    char* path = cermet_get(answer, "path", 0);
    free(answer);
    return path;
}

/* What was decided from outside, as text. `kind`: boolean, number or text; `initial` is JSON: "true", "4", "\"text\"". */
static inline char* cermet_option(cermet_channel* channel, const char* name, const char* kind, const char* initial) {
    cermet_buffer out = {NULL, 0, 0};
    cermet_add(&out, "\"type\": \"option\"");
    cermet_add_member(&out, "name", name);
    cermet_add_member(&out, "kind", kind);
    cermet_add(&out, ", \"default\": ");
    cermet_add(&out, initial);
    char* answer = cermet_ask(channel, out.bytes);
    char* value = cermet_get(answer, "value", 0);
    free(out.bytes);
    free(answer);
    return value;
}

/* When this file or directory (an absolute path) changes, the program runs again. Said before it is read. */
static inline bool cermet_watch(cermet_channel* channel, const char* path) {
    cermet_buffer out = {NULL, 0, 0};
    cermet_add(&out, "\"type\": \"watch\"");
    cermet_add_member(&out, "path", path);
    char* answer = cermet_ask(channel, out.bytes);
    const bool done = answer != NULL;
    free(out.bytes);
    free(answer);
    return done;
}

/* States a fact: `value` is JSON, with absolute paths; `visibility` is private, direct or transitive. */
static inline bool cermet_provide(cermet_channel* channel, const char* kind, const char* name, const char* value,
                                  const char* visibility) {
    cermet_buffer out = {NULL, 0, 0};
    cermet_add(&out, "\"type\": \"provide\"");
    cermet_add_member(&out, "kind", kind);
    cermet_add_member(&out, "name", name);
    cermet_add_member(&out, "visibility", visibility);
    cermet_add(&out, ", \"value\": ");
    cermet_add(&out, value);
    const bool done = cermet_say(channel, out.bytes);
    free(out.bytes);
    return done;
}

/* A statement of two texts. */
static inline bool cermet_state(cermet_channel* channel, const char* type, const char* first, const char* one,
                                const char* second, const char* two) {
    cermet_buffer out = {NULL, 0, 0};
    cermet_add(&out, "\"type\": ");
    cermet_add_quoted(&out, type);
    cermet_add_member(&out, first, one);
    if (second != NULL) cermet_add_member(&out, second, two);
    const bool done = cermet_say(channel, out.bytes);
    free(out.bytes);
    return done;
}

/* What something that the program made is for: header, library, program, source, data or licence. */
static inline bool cermet_output(cermet_channel* channel, const char* path, const char* role) {
    return cermet_state(channel, "output", "path", path, "role", role);
}

/* `level`: an error makes the program fail in the end, a warning or note does not. */
static inline bool cermet_diagnostic(cermet_channel* channel, const char* level, const char* message) {
    return cermet_state(channel, "diagnostic", "level", level, "message", message);
}

/* A line for who looks closely. */
static inline bool cermet_note(cermet_channel* channel, const char* message) {
    return cermet_state(channel, "note", "message", message, NULL, NULL);
}

#endif
