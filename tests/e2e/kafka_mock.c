// SPDX-License-Identifier: GPL-2.0-only
/*
 * librdkafka's own cluster of brokers, which speaks Kafka's protocol over TCP, and a consumer of a
 * topic: prints the brokers' addresses, then "KEY TAB VALUE" for each message, until standard input
 * ends.  "down" and "up" there stop and start the brokers.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rd_kafka_t *make(rd_kafka_type_t type, const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];

	rd_kafka_conf_set(conf, "log_level", "0", why, sizeof(why));
	if (brokers) {
		rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why));
		rd_kafka_conf_set(conf, "group.id", "reader", why, sizeof(why));
		rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why, sizeof(why));
		rd_kafka_conf_set(conf, "enable.partition.eof", "false", why, sizeof(why));
	}
	return rd_kafka_new(type, conf, why, sizeof(why));
}

static void set_brokers(rd_kafka_mock_cluster_t *cluster, int up)
{
	for (int id = 1; id <= 3; id++) {
		if (up)
			rd_kafka_mock_broker_set_up(cluster, id);
		else
			rd_kafka_mock_broker_set_down(cluster, id);
	}
}

int main(int argc, char **argv)
{
	rd_kafka_t *owner = make(RD_KAFKA_PRODUCER, NULL), *reader;
	rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(owner, 3);
	const char *brokers = rd_kafka_mock_cluster_bootstraps(cluster), *topic = argv[1];
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	struct pollfd in = { .fd = 0, .events = POLLIN };
	char line[16];

	if (argc != 2 || rd_kafka_mock_topic_create(cluster, topic, 1, 3))
		return 1;
	printf("%s\n", brokers);
	fflush(stdout);
	reader = make(RD_KAFKA_CONSUMER, brokers);
	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(reader, list);
	for (;;) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(reader, 50);

		if (m && !m->err) {
			printf("%.*s\t%.*s\n", (int)m->key_len, m->key ? (char *)m->key : "",
			       (int)m->len, (char *)m->payload);
			fflush(stdout);
		}
		if (m)
			rd_kafka_message_destroy(m);
		if (poll(&in, 1, 0) <= 0)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			exit(0);
		set_brokers(cluster, !strcmp(line, "up\n"));
		printf("#\t%s", line);
		fflush(stdout);
	}
}
