// SPDX-License-Identifier: GPL-2.0-only
#include "attach/direct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "attach/attach.h"
#include "base/util.h"

struct probe {
	uint32_t group;
	dev_t dev;
	ino_t ino;
	uint64_t offset;
	char *name, *module;
	struct bpf_link *link;
};

struct direct_probes {
	struct kern *kern;
	struct probe *list;
	size_t count;
};

struct direct_probes *direct_probes_new(struct kern *kern)
{
	struct direct_probes *d = calloc(1, sizeof(*d));

	if (d)
		d->kern = kern;
	return d;
}

static void probe_fini(struct probe *p)
{
	free(p->name);
	free(p->module);
}

void direct_probes_free(struct direct_probes *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++) {
		kern_release(d->kern, d->list[i].link);
		probe_fini(&d->list[i]);
	}
	free(d->list);
	free(d);
}

/* Appends a section and its text as the kernel side would have sent it; what does not fit is left out or cut. */
static void put_section(struct phrude_direct *d, uint8_t section, const char *text)
{
	struct ev_node head = { .type = section },
		       value = { .type = VAL_UTF8, .len = strlen(text) };
	size_t room = sizeof(d->nodes) - d->len;

	if (!value.len || room < 2 * sizeof(head) + 8)
		return;
	room -= 2 * sizeof(head);
	if (value.len > room) {
		value.len = room;
		value.flags = NODE_CUT;
	}
	memcpy(d->nodes + d->len, &head, sizeof(head));
	memcpy(d->nodes + d->len + sizeof(head), &value, sizeof(value));
	memcpy(d->nodes + d->len + 2 * sizeof(head), text, value.len);
	d->len += 2 * sizeof(head) + ((value.len + 7) & ~7u);
}

static void describe(const struct probe *p, const struct py_cfunc *f, struct phrude_direct *d)
{
	*d = (struct phrude_direct){ .group = p->group,
				     .ml_flags = f->flags,
				     .flags = (f->method ? DIRECT_F_METHOD : 0) |
					      (f->of_type ? DIRECT_F_OF_TYPE : 0) };
	snprintf((char *)d->type_name, sizeof(d->type_name), "%s", f->type_name);
	put_section(d, SEC_NAME, p->name);
	put_section(d, SEC_QUALNAME, f->qualname);
	put_section(d, SEC_MODULE, p->module);
	put_section(d, SEC_SIGNATURE, f->doc);
}

static bool is_known(const struct direct_probes *d, const struct probe *p)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct probe *q = &d->list[i];

		if (q->group == p->group && q->dev == p->dev && q->ino == p->ino &&
		    q->offset == p->offset && str_eq(q->name, p->name) &&
		    str_eq(q->module, p->module))
			return true;
	}
	return false;
}

static int add(struct direct_probes *d, struct probe *p, const struct py_cfunc *f, struct err *err)
{
	struct phrude_direct direct;
	struct py_site site = f->site;
	struct probe *more;
	int ret;

	if (d->count == PHRUDE_DIRECT_MAX)
		return err_set(err, -ENOSPC, "the rules name more than %d functions written in C",
			       PHRUDE_DIRECT_MAX);
	more = realloc(d->list, (d->count + 1) * sizeof(*more));
	if (!more)
		return err_set(err, -ENOMEM, "out of memory");
	d->list = more;
	describe(p, f, &direct);
	ret = kern_direct_set(d->kern, d->count, &direct);
	if (ret)
		return err_set(err, ret, "cannot describe %s to the kernel: %s", f->qualname,
			       strerror(-ret));
	site.cookie = d->count;
	ret = attach_site(kern_program(d->kern, PROBE_DIRECT, PY_ENTRY_MAIN), ATTACH_ALL,
			  f->file->fd, &site, &p->link, err);
	if (ret)
		return ret;
	d->list[d->count++] = *p;
	return 0;
}

int direct_probe_add(struct direct_probes *d, uint32_t group, const char *name, const char *module,
		     const struct py_cfunc *f, struct err *err)
{
	struct probe p = { .group = group,
			   .dev = f->file->dev,
			   .ino = f->file->ino,
			   .offset = f->site.offset,
			   .name = strdup(name),
			   .module = strdup(module) };
	int ret = 0;

	if (!p.name || !p.module)
		ret = err_set(err, -ENOMEM, "out of memory");
	else if (!is_known(d, &p))
		ret = add(d, &p, f, err);
	if (ret || !p.link)
		probe_fini(&p);
	return ret;
}
