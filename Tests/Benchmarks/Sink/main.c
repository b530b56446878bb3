// Webhook sinks that cost next to nothing: one thread, one epoll, every request answered 200 at once over kept connections.
//
// usage: webhook-sink FIRST_PORT SINKS SILENT PREFIX
// Listens on SINKS ports of 127.0.0.1 from FIRST_PORT on. The last SILENT of them accept, read and never answer.
// A line on standard output says that it listens. At SIGTERM it prints a line a request, `sink number seconds`: the port's place from 0,
// the number behind the first PREFIX in the body (-1 without one), and when the request's first byte was read, in seconds since 1970.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SINKS = 1024, MAX_REQUEST = 65536 };
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

struct peer {
    int file, sink;
    int is_listener;
    size_t used;
    double first_byte;
    char bytes[];
};

struct arrival {
    int sink;
    long number;
    double seconds;
};

static struct arrival *arrivals;
static size_t arrived, room;
static int sinks, silent;
static const char *prefix;
static volatile sig_atomic_t is_over;

static void finish(int signal) {
    (void)signal;
    is_over = 1;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct peer *make_peer(int poll, int file, int sink, int is_listener) {
    struct peer *peer = malloc(sizeof *peer + (is_listener ? 0 : MAX_REQUEST));
    if (!peer) fail("malloc");
    *peer = (struct peer){.file = file, .sink = sink, .is_listener = is_listener};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, file, &event) != 0) fail("epoll_ctl");
    return peer;
}

static void listen_on(int poll, int port, int sink) {
    int file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(file, (struct sockaddr *)&address, sizeof address) != 0 || listen(file, 1024) != 0) fail("listen");
    make_peer(poll, file, sink, 1);
}

static void note(struct peer *peer, const char *body, size_t length) {
    if (arrived == room) {
        room = room ? room * 2 : 65536;
        arrivals = realloc(arrivals, room * sizeof *arrivals);
        if (!arrivals) fail("realloc");
    }
    const char *found = memmem(body, length, prefix, strlen(prefix));
    // What follows the body in the buffer is a zero byte at least, so that strtol ends.
    long number = found ? strtol(found + strlen(prefix), NULL, 10) : -1;
    arrivals[arrived++] = (struct arrival){.sink = peer->sink, .number = number, .seconds = peer->first_byte};
}

// Bytes of the whole request at the start of the buffer; 0 while it is not all there, -1 when it never will be.
static long whole(struct peer *peer, const char **body) {
    char *end = memmem(peer->bytes, peer->used, "\r\n\r\n", 4);
    if (!end) return peer->used < MAX_REQUEST - 1 ? 0 : -1;
    long head = end + 4 - peer->bytes, length = 0;
    *body = end + 4;
    for (char *line = peer->bytes; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0) length = strtol(line + 15, NULL, 10);
    if (length < 0 || head + length >= MAX_REQUEST) return -1;
    return (size_t)(head + length) <= peer->used ? head + length : 0;
}

static int is_served(struct peer *peer) {
    if (peer->used == 0) peer->first_byte = now();
    ssize_t count = read(peer->file, peer->bytes + peer->used, MAX_REQUEST - 1 - peer->used);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return 0;
    peer->used += (size_t)count;
    peer->bytes[peer->used] = 0;
    const char *body = NULL;
    for (long length; (length = whole(peer, &body)) != 0;) {
        if (length < 0) return 0;
        note(peer, body, (size_t)(peer->bytes + length - body));
        memmove(peer->bytes, peer->bytes + length, peer->used - (size_t)length + 1);
        peer->used -= (size_t)length;
        if (peer->sink >= sinks - silent) continue;
        if (write(peer->file, answer, sizeof answer - 1) != (ssize_t)sizeof answer - 1) return 0;
    }
    return 1;
}

static void take(int poll, struct peer *peer) {
    if (!peer->is_listener) {
        if (is_served(peer)) return;
        close(peer->file);
        free(peer);
        return;
    }
    for (int file; (file = accept4(peer->file, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        int on = 1;
        setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        make_peer(poll, file, peer->sink, 0);
    }
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: webhook-sink FIRST_PORT SINKS SILENT PREFIX\n");
        return 64;
    }
    int first = atoi(arguments[1]);
    sinks = atoi(arguments[2]);
    silent = atoi(arguments[3]);
    prefix = arguments[4];
    if (first < 1 || sinks < 1 || sinks > MAX_SINKS || silent < 0 || silent > sinks) return 64;
    struct sigaction action = {.sa_handler = finish};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (int sink = 0; sink < sinks; sink++) listen_on(poll, first + sink, sink);
    puts("listening");
    fflush(stdout);
    struct epoll_event events[256];
    while (!is_over) {
        int ready = epoll_wait(poll, events, 256, -1);
        for (int index = 0; index < ready; index++) take(poll, events[index].data.ptr);
    }
    for (size_t index = 0; index < arrived; index++)
        printf("%d %ld %.6f\n", arrivals[index].sink, arrivals[index].number, arrivals[index].seconds);
    return 0;
}
