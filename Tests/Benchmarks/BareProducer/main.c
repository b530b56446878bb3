// The ceiling of everything that publishes: librdkafka's producer in a plain loop. acks=all, idempotent, lz4, records without headers.
//
// usage: bare-producer BROKERS TOPIC COUNT [BYTES [SECONDS]]
// Prints one JSON object: acknowledged, failed, seconds (from the first produce call to the last acknowledgement).
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t acknowledged, failed;
static double last_report;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    (void)opaque;
    if (message->err) failed++;
    else acknowledged++;
    last_report = now();
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(settings, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s: %s\n", name, error);
        exit(1);
    }
}

static rd_kafka_t *make_producer(const char *brokers) {
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", brokers);
    set(settings, "acks", "all");
    set(settings, "enable.idempotence", "true");
    set(settings, "compression.type", "lz4");
    set(settings, "linger.ms", "2");
    set(settings, "socket.nagle.disable", "true");
    set(settings, "queue.buffering.max.messages", "100000");
    rd_kafka_conf_set_dr_msg_cb(settings, on_delivery);
    char error[256];
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof error);
    if (!producer) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    return producer;
}

// Words in changing order. Every record has the same value, so a batch compresses far better than one of alerts.
static void fill(char *value, size_t bytes) {
    static const char *const words[] = {"alertname", "checkout", "critical", "instance", "10.0.3.17:9090", "latency", "p99", "warning"};
    size_t length = 0;
    for (uint32_t state = 1; length < bytes; state = state * 1664525u + 1013904223u) {
        const char *word = words[state >> 29];
        size_t size = strlen(word) < bytes - length ? strlen(word) : bytes - length;
        memcpy(value + length, word, size);
        length += size;
    }
}

static void produce(rd_kafka_t *producer, rd_kafka_topic_t *topic, int64_t count, size_t bytes, double deadline) {
    char *value = malloc(bytes + 1);
    if (!value) exit(1);
    fill(value, bytes);
    char key[32];
    for (int64_t number = 0; number < count && now() < deadline; number++) {
        int length = snprintf(key, sizeof key, "key-%" PRId64, number % 1000);
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, bytes, key, (size_t)length, NULL) != 0) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL || now() > deadline) {
                fprintf(stderr, "produce: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
                exit(1);
            }
            rd_kafka_poll(producer, 1);
        }
        if (number % 64 == 0) rd_kafka_poll(producer, 0);
    }
    free(value);
}

int main(int argc, char **argv) {
    int64_t count = argc > 3 ? atoll(argv[3]) : 0;
    int64_t bytes = argc > 4 ? atoll(argv[4]) : 700;
    double seconds = argc > 5 ? atof(argv[5]) : 60;
    if (argc < 4 || argc > 6 || count < 1 || count > 100000000 || bytes < 1 || bytes > 900000 || seconds <= 0) {
        fprintf(stderr, "usage: bare-producer BROKERS TOPIC COUNT [BYTES [SECONDS]]\n");
        return 2;
    }
    rd_kafka_t *producer = make_producer(argv[1]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, argv[2], NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = rd_kafka_metadata(producer, 0, topic, &metadata, 10000);
    if (error) {
        fprintf(stderr, "metadata of %s: %s\n", argv[2], rd_kafka_err2str(error));
        return 1;
    }
    rd_kafka_metadata_destroy(metadata);
    double start = now();
    produce(producer, topic, count, (size_t)bytes, start + seconds);
    rd_kafka_flush(producer, (int)(seconds * 1000));
    double took = last_report - start;
    printf("{\"acknowledged\": %" PRId64 ", \"failed\": %" PRId64 ", \"seconds\": %.6f}\n", acknowledged, failed, took);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(producer);
    return acknowledged == count ? 0 : 1;
}
