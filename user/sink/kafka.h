/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A topic of Kafka's, through librdkafka, which is loaded when such an output is opened.  Delivered
 * is what all in-sync replicas have.
 */
#pragma once

#include "sink/sink.h"

extern const struct sink_ops kafka_ops;
