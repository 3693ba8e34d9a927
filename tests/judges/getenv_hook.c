// A getenv that notes every name it is asked for: loaded before libc into build scripts that a judge runs again.
// SPDX-License-Identifier: MIT
//
// GETENV_LOG names the file, one name a line; GETENV_OF the program whose questions count, not those of what it starts.
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char** environ;

static const char* value_of(const char* name) {
    const size_t length = strlen(name);
    for (char** one = environ; one != NULL && *one != NULL; ++one) {
        if (strncmp(*one, name, length) == 0 && (*one)[length] == '=') return *one + length + 1;
    }
    return NULL;
}

static int counts(void) {
    char path[PATH_MAX];
    const char* wanted = value_of("GETENV_OF");
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 || wanted == NULL) return 0;
    path[length] = '\0';
    return strcmp(path, wanted) == 0;
}

static void note(const char* name) {
    const char* log = value_of("GETENV_LOG");
    if (log == NULL || name == NULL || !counts()) return;
    const int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) return;
    char line[PATH_MAX];
    const size_t length = strlen(name) < sizeof line - 1 ? strlen(name) : sizeof line - 1;
    memcpy(line, name, length);
    line[length] = '\n';
    if (write(file, line, length + 1) < 0) _exit(70);
    close(file);
}

char* getenv(const char* name) {
    note(name);
    return (char*)value_of(name);
}

char* secure_getenv(const char* name) {
    note(name);
    return (char*)value_of(name);
}
