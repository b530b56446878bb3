// The ceiling of everything that consumes: librdkafka's queue of a consumer in a plain loop, from the first record of a topic on.
//
// usage: bare-consumer BROKERS TOPIC COUNT SECONDS
// Prints one JSON object: records, seconds (from the first record to the last).
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char error[256];
    if (rd_kafka_conf_set(settings, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s: %s\n", name, error);
        exit(1);
    }
}

static rd_kafka_t *make_consumer(const char *brokers) {
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", brokers);
    set(settings, "group.id", "bench-bare-consumer");
    set(settings, "enable.auto.commit", "false");
    set(settings, "auto.offset.reset", "earliest");
    char error[256];
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, settings, error, sizeof error);
    if (!consumer) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
    rd_kafka_poll_set_consumer(consumer);
    return consumer;
}

// Every partition from its beginning, without a group: joining one is not what is measured.
static void assign(rd_kafka_t *consumer, const char *topic) {
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(consumer, 0, handle, &metadata, 10000)) {
        fprintf(stderr, "no metadata of %s\n", topic);
        exit(1);
    }
    int partitions = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++)
        rd_kafka_topic_partition_list_add(all, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

int main(int argc, char **argv) {
    int64_t count = argc > 3 ? atoll(argv[3]) : 0;
    double seconds = argc > 4 ? atof(argv[4]) : 0;
    if (argc != 5 || count < 1 || seconds <= 0) {
        fprintf(stderr, "usage: bare-consumer BROKERS TOPIC COUNT SECONDS\n");
        return 2;
    }
    rd_kafka_t *consumer = make_consumer(argv[1]);
    assign(consumer, argv[2]);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    rd_kafka_message_t *batch[1000];
    int64_t records = 0;
    double begun = now(), first = 0, last = 0;
    while (records < count && now() - begun < seconds) {
        ssize_t taken = rd_kafka_consume_batch_queue(queue, 100, batch, 1000);
        if (taken <= 0) continue;
        last = now();
        if (first == 0) first = last;
        for (ssize_t number = 0; number < taken; number++) {
            if (!batch[number]->err) records++;
            rd_kafka_message_destroy(batch[number]);
        }
    }
    printf("{\"records\": %" PRId64 ", \"seconds\": %.6f}\n", records, last - first);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return records >= count ? 0 : 1;
}
