// SPDX-License-Identifier: GPL-2.0-only
#include "kubeapi/pod_object.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* By it a pod that stands for a static one says what the kubelet calls that. */
#define MIRROR "kubernetes.io/config.mirror"

static void cjson_freep(cJSON **json)
{
	cJSON_Delete(*json);
}

static const char *str(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)) ?: "";
}

/* What has been found to fit. */
static void copy(char *out, size_t size, const char *s)
{
	snprintf(out, size, "%s", s);
}

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static int read_version(const cJSON *metadata, char out[POD_VERSION_MAX])
{
	const char *s = str(metadata, "resourceVersion");
	size_t len = strlen(s);

	/* It is sent back as it is, in a URL. */
	if (!len || len >= POD_VERSION_MAX ||
	    s[strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.")])
		return -EPROTO;
	copy(out, POD_VERSION_MAX, s);
	return 0;
}

static int read_id(const cJSON *metadata, struct kube_pod_id *out)
{
	const cJSON *notes = cJSON_GetObjectItemCaseSensitive(metadata, "annotations");
	const char *uid = str(metadata, "uid"), *mirror = str(notes, MIRROR);
	const char *namespace = str(metadata, "namespace"), *name = str(metadata, "name");

	/* Only digits without hyphens: another pod's uid is nobody's to take. */
	if (*mirror && !strchr(mirror, '-') && kube_is_uid(as_text(mirror)))
		uid = mirror;
	if (!kube_is_uid(as_text(uid)) || !kube_is_label(as_text(namespace)) ||
	    !kube_is_subdomain(as_text(name)))
		return -EPROTO;
	copy(out->uid, sizeof(out->uid), uid);
	copy(out->namespace, sizeof(out->namespace), namespace);
	copy(out->name, sizeof(out->name), name);
	return 0;
}

static int add_labels(const cJSON *map, struct kube_labels *labels)
{
	const cJSON *item;
	int ret = !map || cJSON_IsObject(map) || cJSON_IsNull(map) ? 0 : -EPROTO;

	cJSON_ArrayForEach(item, map)
	{
		const char *value = cJSON_GetStringValue(item);

		if (ret || !value)
			return ret ?: -EPROTO;
		ret = kube_labels_add(labels, as_text(item->string), as_text(value));
	}
	return ret;
}

/* -EPROTO: it is not known which one it is. */
static int read_pod(const cJSON *object, struct pod_object *out)
{
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(object, "metadata");
	int ret = read_id(metadata, &out->id);

	out->labels = NULL;
	if (ret)
		return ret;
	out->labels = kube_labels_new();
	if (!out->labels)
		return -ENOMEM;
	ret = add_labels(cJSON_GetObjectItemCaseSensitive(metadata, "labels"), out->labels);
	if (ret) {
		kube_labels_unref(out->labels);
		out->labels = NULL;
	}
	return ret == -ENOMEM ? ret : 0;
}

static int take_items(const cJSON *items, int (*fn)(void *ctx, struct pod_object *pod), void *ctx,
		      struct pod_page *out)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, items)
	{
		struct pod_object pod;
		int ret = read_pod(item, &pod);

		if (ret == -EPROTO) {
			out->refused++;
			continue;
		}
		out->refused += !ret && !pod.labels;
		if (!ret)
			ret = fn(ctx, &pod);
		kube_labels_unref(pod.labels);
		if (ret)
			return ret;
	}
	return 0;
}

int pod_page_parse(const char *text, size_t len, int (*fn)(void *ctx, struct pod_object *pod),
		   void *ctx, struct pod_page *out)
{
	__attribute__((cleanup(cjson_freep))) cJSON *doc = cJSON_ParseWithLength(text, len);
	const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(doc, "metadata");
	const cJSON *items = cJSON_GetObjectItemCaseSensitive(doc, "items");
	const char *more = str(metadata, "continue");

	*out = (struct pod_page){ 0 };
	if (read_version(metadata, out->version) || strlen(more) >= POD_CONTINUE_MAX ||
	    !(cJSON_IsArray(items) || cJSON_IsNull(items)))
		return -EPROTO;
	copy(out->more, sizeof(out->more), more);
	return take_items(items, fn, ctx, out);
}

/* A Status, in place of a pod. */
static void read_error(const cJSON *object, struct pod_event *out)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(object, "code");

	out->kind = cJSON_IsNumber(code) && code->valueint == 410 ? POD_EXPIRED : POD_FAILED;
	copy(out->why, sizeof(out->why), str(object, "message"));
}

int pod_event_parse(const char *text, size_t len, struct pod_event *out)
{
	__attribute__((cleanup(cjson_freep))) cJSON *doc = cJSON_ParseWithLength(text, len);
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(doc, "object");
	const char *type = str(doc, "type");
	int ret;

	*out = (struct pod_event){ 0 };
	if (str_eq(type, "ERROR")) {
		read_error(object, out);
		return 0;
	}
	ret = read_version(cJSON_GetObjectItemCaseSensitive(object, "metadata"), out->version);
	if (ret)
		return ret;
	if (str_eq(type, "BOOKMARK")) {
		out->kind = POD_BOOKMARK;
		return 0;
	}
	if (str_eq(type, "DELETED"))
		out->kind = POD_GONE;
	else if (str_eq(type, "ADDED") || str_eq(type, "MODIFIED"))
		out->kind = POD_PUT;
	else
		return -EPROTO;
	return read_pod(object, &out->pod);
}
