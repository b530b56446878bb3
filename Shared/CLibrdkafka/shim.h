#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// Swift cannot call the variadic rd_kafka_producev. Key and value are copied. On success the library owns `headers`;
/// on any error the caller still does.
static inline rd_kafka_resp_err_t tocsin_rd_kafka_produce(
    rd_kafka_t *rk, const char *topic, const void *key, size_t key_length, const void *value, size_t value_length,
    rd_kafka_headers_t *headers, void *opaque) {
    if (headers == NULL) {
        return rd_kafka_producev(
            rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_length),
            RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    }
    return rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_length),
        RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque),
        RD_KAFKA_V_END);
}

/// Swift cannot call the variadic rd_kafka_mock_broker_push_request_error_rtts: no error, but the answer comes so much later.
static inline rd_kafka_resp_err_t tocsin_rd_kafka_mock_push_late_answer(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api, int milliseconds) {
    return rd_kafka_mock_broker_push_request_error_rtts(
        cluster, broker, api, 1, RD_KAFKA_RESP_ERR_NO_ERROR, milliseconds);
}
