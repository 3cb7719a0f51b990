/* Makes each sync of a program late by SYNC_DELAY_US microseconds, as on a slower disk: for LD_PRELOAD, Linux only.
   The real sync is still made. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int later(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = real(fd);
    const char *delay = getenv("SYNC_DELAY_US");
    if (delay) usleep((useconds_t)atoi(delay));
    return result;
}

int fsync(int fd) { return later("fsync", fd); }
int fdatasync(int fd) { return later("fdatasync", fd); }
