// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_reading.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>

struct cJSON *control_read(const char *text, size_t len, struct err *err)
{
	_cleanup_(control_read_freep) cJSON *doc = cJSON_ParseWithLength(text, len);
	const char *error = control_str(doc, "error");

	if (error)
		err_set(err, -EPROTO, "phrude-trace says: %s", error);
	else if (!control_str(doc, "version"))
		err_set(err, -EPROTO, "what was answered is not of a phrude-trace");
	else
		return TAKE_PTR(doc);
	return NULL;
}

void control_read_free(struct cJSON *doc)
{
	cJSON_Delete(doc);
}

const struct cJSON *control_get(const struct cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *control_str(const struct cJSON *object, const char *key)
{
	return cJSON_GetStringValue(control_get(object, key));
}

static double number_of(const cJSON *item)
{
	return cJSON_IsNumber(item) && isfinite(item->valuedouble) && item->valuedouble > 0
		       ? item->valuedouble
		       : 0;
}

double control_num(const struct cJSON *object, const char *key)
{
	return number_of(control_get(object, key));
}

bool control_flag(const struct cJSON *object, const char *key)
{
	return cJSON_IsTrue(control_get(object, key));
}

double control_sum(const struct cJSON *object)
{
	const cJSON *item;
	double sum = 0;

	cJSON_ArrayForEach(item, object) sum += number_of(item);
	return sum;
}

void control_add_duration(struct buf *out, double seconds)
{
	static const struct {
		double size;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	size_t i = 0;

	while (i < 3 && seconds < units[i].size)
		i++;
	buf_printf(out, "%.0f %s", floor(seconds / units[i].size), units[i].unit);
	if (i < 3)
		buf_printf(out, " %.0f %s", floor(fmod(seconds, units[i].size) / units[i + 1].size),
			   units[i + 1].unit);
}
