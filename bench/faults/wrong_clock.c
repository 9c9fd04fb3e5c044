/* The calendar of one process runs WRONG_CLOCK_S seconds fast or slow; steady clocks and sleeps
   are left alone. For LD_PRELOAD; built by bench/faults/clocks.py into the proof's own directory. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t off(void) {
    const char *said = getenv("WRONG_CLOCK_S");
    return said ? (time_t)atoll(said) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    int ended = (int)syscall(SYS_clock_gettime, clock, at);
    if (!ended && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        at->tv_sec += off();
    return ended;
}

int gettimeofday(struct timeval *at, void *zone) {
    int ended = (int)syscall(SYS_gettimeofday, at, zone);
    if (!ended && at)
        at->tv_sec += off();
    return ended;
}

time_t time(time_t *into) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (into)
        *into = at.tv_sec;
    return at.tv_sec;
}
