// SPDX-License-Identifier: GPL-2.0-only
#include "sink/kafka.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "base/library.h"
#include "base/secret_file.h"

/* How long librdkafka tries to deliver, and how long its reports are waited for beyond that. */
#define DELIVERY_MS "10000"
#define REPORT_MS 12000
#define POLL_MS 100

/* The functions by their own names with a line below, each of its own type. */
#define FUNCTIONS(X)                   \
	X(rd_kafka_conf_new)           \
	X(rd_kafka_conf_set)           \
	X(rd_kafka_conf_destroy)       \
	X(rd_kafka_conf_set_opaque)    \
	X(rd_kafka_conf_set_log_cb)    \
	X(rd_kafka_conf_set_error_cb)  \
	X(rd_kafka_conf_set_dr_msg_cb) \
	X(rd_kafka_new)                \
	X(rd_kafka_topic_new)          \
	X(rd_kafka_topic_destroy)      \
	X(rd_kafka_produce)            \
	X(rd_kafka_last_error)         \
	X(rd_kafka_poll)               \
	X(rd_kafka_purge)              \
	X(rd_kafka_err2str)            \
	X(rd_kafka_destroy)

#define X(name) static __typeof__(&name) name##_;
FUNCTIONS(X)
#undef X

/* What became of one message of a batch. */
struct report {
	bool arrived; /* the report */
	rd_kafka_resp_err_t error;
};

struct kafka {
	rd_kafka_t *producer;
	rd_kafka_topic_t *topic;
	const char *brokers; /* borrowed */
	enum sink_kafka_key key;
	struct report reports[SINK_BATCH];
	size_t missing;	   /* reports */
	char trouble[512]; /* what librdkafka said last of its connections */
};

static struct err load_error;
static int load_result;

static void load_kafka(void)
{
	static const char *const names[] = { "librdkafka.so.1", NULL };
	static const struct library_symbol symbols[] = {
#define X(name) { #name, &name##_ },
		FUNCTIONS(X)
#undef X
	};

	load_result = library_load(names, "librdkafka1", symbols, ARRAY_SIZE(symbols), &load_error);
}

/* On librdkafka's own threads: a person is told by the output, once. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	log_debug("kafka: %s: %s", facility, text);
}

static void on_error(rd_kafka_t *rk, int error, const char *reason, void *opaque)
{
	struct kafka *k = opaque;

	strncpy(k->trouble, reason, sizeof(k->trouble) - 1);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka *k = opaque;
	struct report *r = message->_private;

	r->arrived = true;
	r->error = message->err;
	k->missing--;
}

static int set_conf(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
	char why[512];

	return rd_kafka_conf_set_(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK
		       ? 0
		       : err_set(err, -EINVAL, "%s", why);
}

/* The line of a file; what librdkafka would say of it when it is refused has it in it. */
static int set_password(rd_kafka_conf_t *conf, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct err why;
	int ret = secret_file_read(path, true, &text, err);

	if (ret)
		return ret;
	while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.data[--text.len] = '\0';
	if (!text.len || strlen(text.data) != text.len || strchr(text.data, '\n'))
		ret = err_set(err, -EINVAL, "%s: a password is one line of text", path);
	else if (set_conf(conf, "sasl.password", text.data, &why))
		ret = err_set(err, -EINVAL, "%s: librdkafka does not take the password", path);
	if (text.data)
		explicit_bzero(text.data, text.len);
	return ret;
}

static int configure_producer(rd_kafka_conf_t *conf, const struct sink_config *config,
			      struct err *err)
{
	bool tls = config->ca_file, sasl = config->sasl.mechanism;
	const char *const settings[][2] = {
		{ "bootstrap.servers", config->brokers },
		{ "client.id", "phrude-trace" },
		{ "acks", "all" },
		{ "max.in.flight.requests.per.connection", "1" },
		{ "linger.ms", "5" },
		{ "message.timeout.ms", DELIVERY_MS },
		{ "security.protocol",
		  tls ? (sasl ? "sasl_ssl" : "ssl") : (sasl ? "sasl_plaintext" : "plaintext") },
		/* What is not given is left as it is. */
		{ "ssl.ca.location", config->ca_file },
		{ "sasl.mechanism", config->sasl.mechanism },
		{ "sasl.username", config->sasl.user },
	};
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(settings) && !ret; i++) {
		if (settings[i][1])
			ret = set_conf(conf, settings[i][0], settings[i][1], err);
	}
	return ret || !sasl ? ret : set_password(conf, config->sasl.password_file, err);
}

static int make_producer(struct kafka *k, const struct sink_config *config, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new_();
	char why[512] = "";
	int ret = configure_producer(conf, config, err);

	if (!ret) {
		rd_kafka_conf_set_opaque_(conf, k);
		rd_kafka_conf_set_log_cb_(conf, on_log);
		rd_kafka_conf_set_error_cb_(conf, on_error);
		rd_kafka_conf_set_dr_msg_cb_(conf, on_report);
		k->producer = rd_kafka_new_(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
		if (!k->producer)
			ret = err_set(err, -EINVAL, "%s", why);
	}
	if (ret) {
		rd_kafka_conf_destroy_(conf);
		return ret;
	}
	k->topic = rd_kafka_topic_new_(k->producer, config->topic, NULL);
	return k->topic ? 0
			: err_set(err, -EINVAL, "%s", rd_kafka_err2str_(rd_kafka_last_error_()));
}

static void kafka_close(void *out)
{
	struct kafka *k = out;

	if (k->topic)
		rd_kafka_topic_destroy_(k->topic);
	if (k->producer)
		rd_kafka_destroy_(k->producer);
	free(k);
}

static int kafka_open(const struct sink_config *config, void **out, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct kafka *k;
	int ret;

	pthread_once(&once, load_kafka);
	if (load_result)
		return err_set(err, load_result, "cannot send alerts to Kafka: %s", load_error.msg);
	k = calloc(1, sizeof(*k));
	if (!k)
		return err_set(err, -ENOMEM, "out of memory");
	k->brokers = config->brokers;
	k->key = config->key;
	ret = make_producer(k, config, err);
	if (ret) {
		kafka_close(k);
		return err_prefix(err, ret, "cannot send alerts to Kafka at %s", config->brokers);
	}
	*out = k;
	return 0;
}

static const char *kafka_place(const void *out)
{
	const struct kafka *k = out;

	return k->brokers;
}

/* Before the alert are its host, its session and its rule, with a NUL each. */
static struct text split_key(const struct written *w, enum sink_kafka_key which, struct text *key)
{
	const char *p = w->text, *end = w->text + w->len;

	*key = (struct text){ NULL, 0 };
	for (enum sink_kafka_key i = 0; i < NR_SINK_KAFKA_KEYS - 1; i++) {
		size_t len = strnlen(p, (size_t)(end - p));

		if (i + 1 == which && len)
			*key = (struct text){ p, len };
		p += MIN(len + 1, (size_t)(end - p));
	}
	return (struct text){ p, (size_t)(end - p) };
}

/* It will never be taken, whoever is asked. */
static bool is_refusal(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
	       error == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

/* Hands over what there is room for, and returns how many. */
static size_t produce_alerts(struct kafka *k, struct written *const *alerts, size_t count)
{
	size_t n = 0;

	for (k->missing = 0; n < count; n++) {
		struct text key, text = split_key(alerts[n], k->key, &key);

		k->reports[n] = (struct report){ 0 };
		if (!rd_kafka_produce_(k->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
				       (void *)text.s, text.len, key.s, key.len, &k->reports[n])) {
			k->missing++;
			continue;
		}
		k->reports[n] = (struct report){ true, rd_kafka_last_error_() };
		if (k->reports[n].error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			break;
	}
	return n;
}

/* Until each message has its report: their places are used again. */
static void wait_for_reports(struct kafka *k)
{
	int64_t deadline = clock_now_ms() + REPORT_MS;

	while (k->missing && clock_now_ms() < deadline)
		rd_kafka_poll_(k->producer, POLL_MS);
	if (k->missing)
		rd_kafka_purge_(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	while (k->missing)
		rd_kafka_poll_(k->producer, POLL_MS);
}

static int kafka_write(void *out, struct written *const *alerts, size_t count,
		       struct sink_step *step)
{
	struct kafka *k = out;
	size_t n = produce_alerts(k, alerts, MIN(count, (size_t)SINK_BATCH));

	wait_for_reports(k);
	/* In order: what comes behind one that failed is sent again. */
	for (size_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t error = k->reports[i].error;

		if (error && !is_refusal(error))
			return err_set(&step->err, -EREMOTEIO, "%s%s%s", rd_kafka_err2str_(error),
				       *k->trouble ? ": " : "", k->trouble);
		step->refused += error != RD_KAFKA_RESP_ERR_NO_ERROR;
		step->done++;
	}
	*k->trouble = '\0';
	return n ? 0 : err_set(&step->err, -EREMOTEIO, "its queue is full");
}

const struct sink_ops kafka_ops = {
	.type = "kafka",
	.envelope = WRITTEN_KEYED,
	.takes = SINK_KEY_SPOOL | SINK_KEY_BROKERS | SINK_KEY_TOPIC | SINK_KEY_KEY |
		 SINK_KEY_CA_FILE | SINK_KEY_SASL,
	.needs = SINK_KEY_BROKERS | SINK_KEY_TOPIC,
	.backs_off = true,
	.open = kafka_open,
	.place = kafka_place,
	.write = kafka_write,
	.close = kafka_close,
};
