// A wall clock that is SHIFTED_CLOCK_SECONDS off, for one process: LD_PRELOAD of this, compiled as a shared library.
//
// Only what tells or awaits the time of day is changed. libfaketime does more, and the version of Debian 12 leaves out what librdkafka waits
// with (cnd_timedwait): its threads would sleep for the hours that the clock is off.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static long shift;

__attribute__((constructor)) static void read_shift(void) {
    const char *text = getenv("SHIFTED_CLOCK_SECONDS");
    shift = text ? atol(text) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += shift;
    return result;
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    (void)zone;
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    value->tv_sec = time.tv_sec;
    value->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *value, int base) {
    if (base != TIME_UTC) return 0;
    clock_gettime(CLOCK_REALTIME, value);
    return base;
}

// The functions below take a deadline made from our time of day, which the kernel compares with its own. One made from the monotonic clock
// is decades smaller.
static struct timespec real(const struct timespec *deadline) {
    struct timespec result = *deadline;
    if (result.tv_sec > 1000000000) result.tv_sec -= shift;
    return result;
}

// By version: plain dlsym may give the oldest one, which has another layout of the condition.
static void *original(const char *name, const char *version) {
    void *found = dlvsym(RTLD_NEXT, name, version);
    return found ? found : dlsym(RTLD_NEXT, name);
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict deadline) {
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!next) *(void **)&next = original("pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec until = real(deadline);
    return next(condition, mutex, &until);
}

// librdkafka waits with this one; within glibc it does not come by the function above.
int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
    static int (*next)(cnd_t *, mtx_t *, const struct timespec *);
    if (!next) *(void **)&next = original("cnd_timedwait", "GLIBC_2.34");
    struct timespec until = real(deadline);
    return next(condition, mutex, &until);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict deadline) {
    static int (*next)(sem_t *, const struct timespec *);
    if (!next) *(void **)&next = original("sem_timedwait", "GLIBC_2.34");
    struct timespec until = real(deadline);
    return next(semaphore, &until);
}
