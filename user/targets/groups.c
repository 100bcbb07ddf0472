// SPDX-License-Identifier: GPL-2.0-only
#include "targets/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/apart.h"
#include "base/log.h"
#include "base/util.h"

/* So long a file stays probed that no process runs, */
#define IDLE_MS 30000
/* and this long if there are so many such files: they are of containers that come and go. */
#define IDLE_MANY_MS 1000
#define IDLE_MANY 8

struct group *groups_find(const struct groups *g, uint32_t number)
{
	return number < ARRAY_SIZE(g->list) ? g->list[number] : NULL;
}

static uint32_t find_id(const struct groups *g, struct file_id id)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		if (g->list[i] && file_id_equal(g->list[i]->id, id))
			return i;
	}
	return 0;
}

bool groups_start(const struct groups *g, struct file_id program)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		if (g->list[i] && g->list[i]->start && file_id_equal(g->list[i]->program, program))
			return true;
	}
	return false;
}

static uint32_t free_number(struct groups *g)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(g->list) - 1; i++) {
		uint32_t number = 1 + (g->next + i) % (ARRAY_SIZE(g->list) - 1);

		if (g->list[number])
			continue;
		g->next = number;
		return number;
	}
	return 0;
}

static int add_group(struct groups *g, const struct elf_file *elf, const char *path,
		     struct file_id id, uint32_t *number, struct err *err)
{
	_cleanup_close_ int fd = file_apart(elf_file_fd(elf));
	_cleanup_free_ char *own_path = strdup(path);
	struct group *group;

	if (fd < 0)
		return err_set(err, fd, "cannot keep the interpreter %s open: %s", path,
			       strerror(-fd));
	*number = free_number(g);
	if (!*number)
		return err_set(err, -ENOSPC,
			       "more than %d different interpreters are traced already",
			       PHRUDE_GROUPS_MAX - 1);
	group = calloc(1, sizeof(*group));
	if (!group || !own_path) {
		free(group);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*group = (struct group){
		.id = id, .file = { TAKE_FD(fd), own_path }, .path = own_path, .used = true
	};
	own_path = NULL;
	g->list[*number] = group;
	return 0;
}

int groups_get(struct groups *g, const struct elf_file *elf, const char *path, uint32_t *number,
	       struct err *err)
{
	struct file_id id;
	/* The very file that was recognised, not whatever has its name by now. */
	int ret =
		kern_file_id(g->kern, elf_file_fd(elf), elf_file_dev(elf), elf_file_ino(elf), &id);

	if (ret)
		return err_set(err, ret, "cannot tell which file %s is: %s", path, strerror(-ret));
	*number = find_id(g, id);
	return *number ? 0 : add_group(g, elf, path, id, number, err);
}

/* Has the kernel side see where code objects end. */
static void watch_codes(struct groups *g, struct group *group, const struct elf_file *elf)
{
	struct py_site sites[PY_CODE_LIFE_SITES];
	struct err err;
	int ret = py_sites_code_life(elf, sites);

	for (int i = 0; i < PY_CODE_LIFE_SITES && !ret; i++)
		ret = uprobes_open(g->kern, kern_code_program(g->kern, i), ATTACH_ALL, group->file,
				   &sites[i], 1, &group->code_life[i], &err);
	if (ret)
		log_debug("%s: it is not seen when code objects are freed: nothing is kept of "
			  "them, and matches cost more",
			  group->path);
}

void groups_describe(struct groups *g, uint32_t number, struct py_interp *interp)
{
	struct group *group = groups_find(g, number);

	interp->proc.group = number;
	interp->proc.program = (uint32_t)kern_new_image(g->kern);
	if (!group->code_life_tried)
		watch_codes(g, group, interp->elf);
	group->code_life_tried = true;
	if (group->code_life[PY_CODE_FREED] && group->code_life[PY_CODE_RENAMED])
		interp->proc.image = kern_new_image(g->kern);
}

static void detach_probes(struct group *group)
{
	for (int k = 0; k < NR_PROBES; k++)
		attachment_free(TAKE_PTR(group->attachments[k]));
	for (size_t i = 0; i < ARRAY_SIZE(group->imports); i++) {
		uprobes_free(TAKE_PTR(group->imports[i]));
		uprobes_free(TAKE_PTR(group->codes[i]));
	}
	for (size_t i = 0; i < PY_CODE_LIFE_SITES; i++)
		uprobes_free(TAKE_PTR(group->code_life[i]));
	uprobes_free(TAKE_PTR(group->start));
	interp_facts_unref(TAKE_PTR(group->facts));
}

static void group_free(struct group *group)
{
	detach_probes(group);
	close(group->file.fd);
	free(group->path);
	free(group);
}

static void give_back(struct groups *g, uint32_t number, struct direct_probes *direct)
{
	static const struct py_template none;

	log_debug("no process runs the interpreter of group %u: its probes are taken away", number);
	direct_probes_release(direct, number);
	group_free(TAKE_PTR(g->list[number]));
	kern_template_set(g->kern, number, &none);
	kern_import_forget(g->kern, number);
}

static void note_used(struct groups *g, const struct processes *processes)
{
	processes_for_each(p, processes) {
		struct group *group = p->interp ? groups_find(g, p->interp->group) : NULL;

		if (group)
			group->used = true;
	}
}

void groups_collect(struct groups *g, const struct processes *processes,
		    struct direct_probes *direct, int64_t now)
{
	size_t idle = 0;

	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		if (!g->list[i])
			continue;
		if (g->list[i]->used)
			g->list[i]->idle_since = now;
		g->list[i]->used = false;
	}
	note_used(g, processes);
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++)
		idle += g->list[i] && !g->list[i]->used;
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		struct group *group = g->list[i];

		if (!group || group->used ||
		    now - group->idle_since < (idle > IDLE_MANY ? IDLE_MANY_MS : IDLE_MS))
			continue;
		give_back(g, i, direct);
		idle--;
	}
}

void groups_detach(struct groups *g)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		if (g->list[i])
			detach_probes(g->list[i]);
	}
}

void groups_fini(struct groups *g)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(g->list); i++) {
		if (g->list[i])
			group_free(TAKE_PTR(g->list[i]));
	}
}
