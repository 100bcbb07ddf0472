// SPDX-License-Identifier: GPL-2.0-only
#include "attach/direct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach/attach.h"
#include "attach/uprobe.h"
#include "base/log.h"
#include "base/util.h"

struct probe {
	uint32_t group; /* 0: the slot is free */
	struct file_id file;
	uint64_t offset;
	char *name, *module;
	bool off; /* its hits do not count */
};

/* A probe that is wanted; its file is kept open until it is in place. */
struct wanted {
	struct py_code_file *file;
	struct py_site site;
};

/* Probes in place: of one group, in one file. */
struct set {
	uint32_t group;
	struct file_id file;
	struct uprobes *probes;
};

struct direct_probes {
	struct kern *kern;
	struct probe list[PHRUDE_DIRECT_MAX]; /* by the probe's number */
	/*
	 * to be tried first for a new one: a number that was given back may still be hit for a
	 * moment
	 */
	size_t next;
	struct wanted *wanted;
	size_t nr_wanted;
	struct set *sets;
	size_t nr_sets;
	size_t refused; /* functions whose file cannot be probed */
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
	*p = (struct probe){ 0 };
}

/*
 * Appends a section and its text as the kernel side would have sent it; what does not fit is left
 * out or cut.
 */
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

/* Is its first argument an instance of its type, made already? */
static bool has_self(const struct py_cfunc *f)
{
	return f->method && !f->of_type && !(f->flags & (ML_CLASS | ML_STATIC));
}

static void describe(const struct probe *p, const struct py_cfunc *f, struct phrude_direct *d)
{
	*d = (struct phrude_direct){ .group = p->group,
				     .ml_flags = f->flags,
				     .flags = (f->method ? DIRECT_F_METHOD : 0) |
					      (f->of_type ? DIRECT_F_OF_TYPE : 0) |
					      (has_self(f) ? DIRECT_F_SELF : 0) };
	snprintf((char *)d->type_name, sizeof(d->type_name), "%s", f->type_name);
	put_section(d, SEC_NAME, p->name);
	put_section(d, SEC_QUALNAME, f->qualname);
	put_section(d, SEC_MODULE, p->module);
	put_section(d, SEC_SIGNATURE, f->doc);
}

static struct probe *find_known(struct direct_probes *d, const struct probe *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		struct probe *q = &d->list[i];

		if (q->group == p->group && file_id_equal(q->file, p->file) &&
		    q->offset == p->offset && str_eq(q->name, p->name) &&
		    str_eq(q->module, p->module))
			return q;
	}
	return NULL;
}

/* Has hits of a probe count, from now on. */
static int turn_on(struct direct_probes *d, struct probe *p, const struct py_cfunc *f,
		   struct err *err)
{
	struct phrude_direct direct;
	int ret;

	describe(p, f, &direct);
	direct.watch = kern_watch_of(d->kern, p->name, p->module);
	ret = kern_direct_set(d->kern, p - d->list, &direct);
	if (ret)
		return err_set(err, ret, "cannot describe %s to the kernel: %s", f->qualname,
			       strerror(-ret));
	p->off = false;
	return 0;
}

/* A number for one more; PHRUDE_DIRECT_MAX: there is none. */
static size_t take_number(struct direct_probes *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		size_t number = (d->next + i) % ARRAY_SIZE(d->list);

		if (d->list[number].group)
			continue;
		d->next = number + 1;
		return number;
	}
	return ARRAY_SIZE(d->list);
}

static int add_probe(struct direct_probes *d, const struct probe *p, const struct py_cfunc *f,
		     struct err *err)
{
	struct wanted *wanted;
	size_t number;
	int ret;

	wanted = realloc(d->wanted, (d->nr_wanted + 1) * sizeof(*wanted));
	if (!wanted)
		return err_set(err, -ENOMEM, "out of memory");
	d->wanted = wanted;
	number = take_number(d);
	if (number == PHRUDE_DIRECT_MAX)
		return err_set(err, -ENOSPC,
			       "the rules name more than %d functions written in C, in all "
			       "interpreters together",
			       PHRUDE_DIRECT_MAX);
	d->list[number] = *p;
	ret = turn_on(d, &d->list[number], f, err);
	if (ret) {
		d->list[number] = (struct probe){ 0 };
		return ret;
	}
	wanted[d->nr_wanted] = (struct wanted){ f->file, f->site };
	wanted[d->nr_wanted++].site.cookie = number;
	f->file->refs++;
	return 0;
}

int direct_probe_add(struct direct_probes *d, uint32_t group, const char *name, const char *module,
		     const struct py_cfunc *f, struct err *err)
{
	struct probe p = { .group = group,
			   .offset = f->site.offset,
			   .name = strdup(name),
			   .module = strdup(module) };
	struct probe *known;
	int ret = kern_file_id(d->kern, f->file->fd, f->file->dev, f->file->ino, &p.file);

	if (!p.name || !p.module)
		ret = -ENOMEM;
	if (ret) {
		probe_fini(&p);
		return err_set(err, ret, "cannot tell which file %s is: %s", f->file->path,
			       strerror(-ret));
	}
	known = find_known(d, &p);
	if (!known) {
		ret = add_probe(d, &p, f, err);
		if (ret)
			probe_fini(&p);
		return ret;
	}
	probe_fini(&p);
	return known->off ? turn_on(d, known, f, err) : 0;
}

/*
 * Moves those of the wanted that are in the same file as the first of them to the end of the list;
 * returns how many others stay.
 */
static size_t part_file(struct direct_probes *d)
{
	const struct py_code_file *file = d->wanted[0].file;
	size_t left = 0;

	for (size_t i = 0; i < d->nr_wanted; i++) {
		struct wanted w = d->wanted[i];

		if (w.file->dev == file->dev && w.file->ino == file->ino)
			continue;
		d->wanted[i] = d->wanted[left];
		d->wanted[left++] = w;
	}
	return left;
}

/* What could not be put on is not to be taken for known the next time. */
static void refuse_from(struct direct_probes *d, size_t from)
{
	for (size_t i = from; i < d->nr_wanted; i++)
		probe_fini(&d->list[d->wanted[i].site.cookie]);
}

static void forget_wanted(struct direct_probes *d, size_t from)
{
	while (d->nr_wanted > from)
		py_code_file_unref(d->wanted[--d->nr_wanted].file);
}

/* Puts on all of the wanted that are in one file. */
static int attach_file(struct direct_probes *d, struct err *err)
{
	_cleanup_free_ struct py_site *sites = calloc(d->nr_wanted, sizeof(*sites));
	struct set *sets = realloc(d->sets, (d->nr_sets + 1) * sizeof(*sets)), *set;
	size_t left = part_file(d), n = d->nr_wanted - left;
	const struct py_code_file *file;
	struct bpf_program *prog;
	int ret;

	if (sets)
		d->sets = sets;
	if (!sets || !sites)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		sites[i] = d->wanted[left + i].site;
	file = d->wanted[left].file;
	set = &sets[d->nr_sets];
	set->group = d->list[sites[0].cookie].group;
	set->file = d->list[sites[0].cookie].file;
	prog = kern_program(d->kern, PROBE_DIRECT, probe_kind(PROBE_DIRECT)->programs[0].name);
	ret = uprobes_open(d->kern, prog, ATTACH_ALL, (struct probed_file){ file->fd, file->path },
			   sites, n, &set->probes, err);
	/* A file that cannot be probed is a matter of the functions in it. */
	if (ret == -EOPNOTSUPP) {
		log_warn("%zu watched functions, %s among them, are not seen: %s", n, sites[0].what,
			 err->msg);
		d->refused += n;
		refuse_from(d, left);
	} else if (ret) {
		return ret;
	} else {
		d->nr_sets++;
	}
	forget_wanted(d, left);
	return 0;
}

int direct_probes_attach(struct direct_probes *d, struct err *err)
{
	int ret = 0;

	while (d->nr_wanted && !ret)
		ret = attach_file(d, err);
	refuse_from(d, 0);
	forget_wanted(d, 0);
	return ret;
}

size_t direct_probes_refused(const struct direct_probes *d)
{
	return d ? d->refused : 0;
}

/* Does a hit of any probe of the group in the file count? */
static bool is_needed(const struct direct_probes *d, uint32_t group, struct file_id file)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		const struct probe *p = &d->list[i];

		if (p->group == group && !p->off && file_id_equal(p->file, file))
			return true;
	}
	return false;
}

static void release_unneeded(struct direct_probes *d)
{
	size_t left = 0;

	for (size_t i = 0; i < d->nr_sets; i++) {
		if (is_needed(d, d->sets[i].group, d->sets[i].file))
			d->sets[left++] = d->sets[i];
		else
			uprobes_free(d->sets[i].probes);
	}
	d->nr_sets = left;
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		if (d->list[i].off && !is_needed(d, d->list[i].group, d->list[i].file))
			probe_fini(&d->list[i]);
	}
}

void direct_probes_keep(struct direct_probes *d, direct_named_fn is_named, const void *ctx)
{
	static const struct phrude_direct none = { .group = PHRUDE_GROUP_NONE };

	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		struct probe *p = &d->list[i];

		if (!p->group || p->off)
			continue;
		if (is_named(ctx, p->name, p->module)) {
			kern_direct_set_watch(d->kern, i,
					      kern_watch_of(d->kern, p->name, p->module));
			continue;
		}
		p->off = !kern_direct_set(d->kern, i, &none);
	}
	release_unneeded(d);
}

void direct_probes_release(struct direct_probes *d, uint32_t group)
{
	size_t left = 0;

	for (size_t i = 0; i < d->nr_sets; i++) {
		if (d->sets[i].group == group)
			uprobes_free(d->sets[i].probes);
		else
			d->sets[left++] = d->sets[i];
	}
	d->nr_sets = left;
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++) {
		if (d->list[i].group == group)
			probe_fini(&d->list[i]);
	}
}

void direct_probes_free(struct direct_probes *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nr_sets; i++)
		uprobes_free(d->sets[i].probes);
	for (size_t i = 0; i < ARRAY_SIZE(d->list); i++)
		probe_fini(&d->list[i]);
	forget_wanted(d, 0);
	free(d->sets);
	free(d->wanted);
	free(d);
}
