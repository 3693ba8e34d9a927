// ObserverProgram: the C library that processes of a watched script load; it writes down what they ask the C library for.
// SPDX-License-Identifier: MIT
// It stands before getenv, secure_getenv and the functions that look up a host, and answers as they would. Each name is one
// line in the file that CERMET_OBSERVED names: "V<tab>program<tab>name<tab>0 or 1" (found), "H<tab>program<tab>host"; once
// for each process. Nothing is written where that variable is not set. glibc and musl, C99.
#pragma once

namespace cermet::cli {

inline constexpr const char* k_observer_program = R"C(
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static const char *find(const char *name) {
    size_t length = strlen(name);
    char **one;
    for (one = environ; one != NULL && *one != NULL; ++one) {
        if (strncmp(*one, name, length) == 0 && (*one)[length] == '=') return *one + length + 1;
    }
    return NULL;
}

/* Whether it was told before; two threads may both say no. */
static int told(char kind, const char *name) {
    static volatile uint64_t seen[4096];
    uint64_t hash = 14695981039346656037u ^ (unsigned char)kind;
    unsigned at, tries;
    for (; *name != '\0'; ++name) hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    hash |= 1;
    at = (unsigned)(hash >> 32) % 4096;
    for (tries = 0; tries < 4096; ++tries, at = (at + 1) % 4096) {
        if (seen[at] == hash) return 1;
        if (seen[at] == 0) {
            seen[at] = hash;
            return 0;
        }
    }
    return 1;
}

static size_t add(char *line, size_t at, size_t size, const char *text) {
    for (; *text != '\0' && at < size; ++text) line[at++] = *text == '\t' || *text == '\n' ? '?' : *text;
    return at;
}

static void tell(char kind, const char *name, const char *more) {
    char line[1024];
    char program[512];
    const char *slash;
    const char *file = find("CERMET_OBSERVED");
    int before = errno;
    int to;
    ssize_t length;
    size_t at = 0;
    if (file == NULL || name == NULL || *name == '\0' || told(kind, name)) return;
    length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    slash = strrchr(program, '/');
    line[at++] = kind;
    line[at++] = '\t';
    at = add(line, at, 300, slash == NULL ? program : slash + 1);
    line[at++] = '\t';
    at = add(line, at, sizeof line - 4, name);
    if (more != NULL) {
        line[at++] = '\t';
        line[at++] = *more;
    }
    line[at++] = '\n';
    to = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (to >= 0) {
        length = write(to, line, at);
        (void)length;
        close(to);
    }
    errno = before;
}

char *getenv(const char *name) {
    const char *value = find(name);
    tell('V', name, value == NULL ? "0" : "1");
    return (char *)value;
}

char *secure_getenv(const char *name) { return getauxval(AT_SECURE) != 0 ? NULL : getenv(name); }

static void tell_host(const char *name) {
    unsigned char address[16];
    if (name == NULL || strcmp(name, "localhost") == 0) return;
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) return;
    tell('H', name, NULL);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    tell_host(node);
    return real == NULL ? EAI_FAIL : real(node, service, hints, found);
}

struct hostent *gethostbyname(const char *name) {
    struct hostent *(*real)(const char *);
    *(void **)&real = dlsym(RTLD_NEXT, "gethostbyname");
    tell_host(name);
    return real == NULL ? NULL : real(name);
}

struct hostent *gethostbyname2(const char *name, int family) {
    struct hostent *(*real)(const char *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "gethostbyname2");
    tell_host(name);
    return real == NULL ? NULL : real(name, family);
}

int gethostbyname_r(const char *name, struct hostent *entry, char *buffer, size_t size, struct hostent **found,
                    int *problem) {
    int (*real)(const char *, struct hostent *, char *, size_t, struct hostent **, int *);
    *(void **)&real = dlsym(RTLD_NEXT, "gethostbyname_r");
    tell_host(name);
    return real == NULL ? ENOSYS : real(name, entry, buffer, size, found, problem);
}

int gethostbyname2_r(const char *name, int family, struct hostent *entry, char *buffer, size_t size,
                     struct hostent **found, int *problem) {
    int (*real)(const char *, int, struct hostent *, char *, size_t, struct hostent **, int *);
    *(void **)&real = dlsym(RTLD_NEXT, "gethostbyname2_r");
    tell_host(name);
    return real == NULL ? ENOSYS : real(name, family, entry, buffer, size, found, problem);
}
)C";

}  // namespace cermet::cli
