// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/abi/hash.h"
#include "bpf/abi/share.h"
#include "kern/kern.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "kern/kern_feat.h"
#include "kern/kern_priv.h"
#include "kern/kern_reaper.h"

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char lines[1024], *save = NULL;

	/*
	 * What fails is said once, by whoever decides what it means; libbpf's own words are for
	 * debugging.
	 */
	if (log_get_level() < LOG_LEVEL_DEBUG || level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(lines, sizeof(lines), fmt, ap);
	for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		log_debug("%s", line);
	return 0;
}

struct bpf_program *kern_code_program(const struct kern *k, int site)
{
	return site == PY_CODE_FREED ? k->skel->progs.code_freed : k->skel->progs.code_renamed;
}

/* The kernel side gives even ones. */
uint64_t kern_new_image(struct kern *k)
{
	k->images += 2;
	return k->images | 1;
}

struct bpf_program *kern_start_program(const struct kern *k)
{
	return k->skel->progs.python_start;
}

int kern_template_set(struct kern *k, uint32_t group, const struct py_template *image)
{
	return bpf_map__update_elem(k->skel->maps.templates, &group, sizeof(group), image,
				    sizeof(*image), BPF_ANY);
}

int kern_open(uint32_t kinds, uint32_t rate, bool costs, struct kern **out, struct err *err)
{
	_cleanup_(kern_closep) struct kern *k = NULL;
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	int ret;

	libbpf_set_print(libbpf_print);
	ret = kern_feat_check(err);
	if (ret)
		return ret;
	k = calloc(1, sizeof(*k));
	if (k)
		k->reaper = reaper_new();
	if (!k || !k->reaper)
		return err_set(err, -ENOMEM, "out of memory");
	k->nr_cpus = libbpf_num_possible_cpus();
	if (k->nr_cpus < 1)
		k->nr_cpus = 1;
	/*
	 * Before Linux 5.11 maps counted against this limit; not being allowed to raise it is no
	 * harm since.
	 */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	k->sleepable = kern_feat_sleepable();
	k->uprobe_multi = kern_feat_uprobe_multi();
	k->find_vma = kern_feat_find_vma();
	k->match_ns = rate ? 1000000000 / rate : 0;
	k->costs = costs;
	k->yield = kern_yield_choose(k->sleepable);
	ret = k->sleepable ? 0 : kern_yield_leave_out();
	if (ret)
		return err_set(err, ret, "cannot prepare the BPF programs: %s", strerror(-ret));
	ret = kern_load(k, kinds, err);
	if (ret)
		return ret;
	ret = kern_hold_map(k);
	if (ret)
		return err_set(err, ret, "cannot map what threads are held by: %s", strerror(-ret));
	ret = tracer__attach(k->skel);
	if (ret)
		return err_set(err, ret, "cannot attach to the scheduler's tracepoints: %s",
			       strerror(-ret));
	*out = TAKE_PTR(k);
	return 0;
}

void kern_close(struct kern *k)
{
	if (!k)
		return;
	reaper_free(k->reaper);
	ring_buffer__free(k->ring);
	holds_report(&k->holds);
	kern_hold_unmap(k);
	kern_unload(k);
	free(k);
}

bool kern_is_sleepable(const struct kern *k)
{
	return k->sleepable;
}

bool kern_has_uprobe_multi(const struct kern *k)
{
	return k->uprobe_multi;
}

void kern_release(struct kern *k, void *probe, void (*destroy)(void *probe))
{
	reaper_take(k->reaper, probe, destroy);
}

void kern_wait_released(struct kern *k)
{
	reaper_wait(k->reaper);
}

static bool read_share(const struct kern *k, pid_t pid, struct phrude_share *share)
{
	__u32 key = pid;

	return !bpf_map__lookup_elem(k->skel->maps.shares, &key, sizeof(key), share, sizeof(*share),
				     0);
}

uint64_t kern_refused(const struct kern *k, pid_t pid)
{
	struct phrude_share share;

	return read_share(k, pid, &share) ? share.refused : 0;
}

pid_t kern_share_target(const struct kern *k, pid_t pid)
{
	struct phrude_share share;

	return read_share(k, pid, &share) ? (pid_t)share.target : 0;
}

/* false: nothing is known of the process, or it has just ended. */
static bool make_own(const struct kern *k, pid_t pid, uint64_t *digest)
{
	struct py_proc proc;

	if (kern_proc_get(k, pid, &proc) || !proc.program)
		return false;
	*digest = phrude_own_digest(*digest, proc.program);
	return true;
}

void kern_dismiss(struct kern *k, uint64_t digest, pid_t pid)
{
	uint64_t *last;
	__u8 value = 1;

	if (pid && !make_own(k, pid, &digest))
		return;
	last = &k->refused[digest % ARRAY_SIZE(k->refused)];
	/*
	 * Only what comes again: arguments that are different each time would drive the others out.
	 */
	if (*last == digest)
		bpf_map__update_elem(k->skel->maps.dismissed, &digest, sizeof(digest), &value,
				     sizeof(value), BPF_ANY);
	*last = digest;
}

int kern_direct_set(struct kern *k, uint32_t idx, const struct phrude_direct *direct)
{
	return bpf_map__update_elem(k->skel->maps.direct_funcs, &idx, sizeof(idx), direct,
				    sizeof(*direct), BPF_ANY);
}

void kern_direct_set_watch(struct kern *k, uint32_t idx, uint32_t watch)
{
	struct phrude_direct direct;

	if (bpf_map__lookup_elem(k->skel->maps.direct_funcs, &idx, sizeof(idx), &direct,
				 sizeof(direct), 0) ||
	    direct.watch == watch)
		return;
	direct.watch = watch;
	kern_direct_set(k, idx, &direct);
}

/* A process that has no share yet is attached to: a target of its own. */
static int share_set(struct kern *k, pid_t pid)
{
	const struct phrude_share share = { .target = pid };
	__u32 keys[] = { pid, (__u32)pid | PHRUDE_SHARE_TARGET };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !ret; i++) {
		ret = bpf_map__update_elem(k->skel->maps.shares, &keys[i], sizeof(keys[i]), &share,
					   sizeof(share), BPF_NOEXIST);
		if (ret == -EEXIST)
			return 0;
	}
	return ret;
}

static int put_proc(struct kern *k, pid_t pid, const struct py_proc *proc, uint64_t flags,
		    struct err *err)
{
	__u32 key = pid;
	int ret = share_set(k, pid);

	if (!ret)
		ret = bpf_map__update_elem(k->skel->maps.procs, &key, sizeof(key), proc,
					   sizeof(*proc), flags);

	if (ret == -E2BIG)
		return err_set(err, ret, "more than %d processes are traced: pid %d has no room",
			       PHRUDE_PROCS_MAX, pid);
	if (ret)
		return err_set(err, ret, "cannot pass pid %d to the kernel: %s", pid,
			       strerror(-ret));
	return 0;
}

int kern_proc_set(struct kern *k, pid_t pid, const struct py_proc *proc, struct err *err)
{
	return put_proc(k, pid, proc, BPF_ANY, err);
}

int kern_proc_add(struct kern *k, pid_t pid, const struct py_proc *proc, struct err *err)
{
	return put_proc(k, pid, proc, BPF_NOEXIST, err);
}

int kern_proc_get(const struct kern *k, pid_t pid, struct py_proc *proc)
{
	__u32 key = pid;

	return bpf_map__lookup_elem(k->skel->maps.procs, &key, sizeof(key), proc, sizeof(*proc), 0);
}

int kern_proc_delete(struct kern *k, pid_t pid)
{
	__u32 key = pid;

	return bpf_map__delete_elem(k->skel->maps.procs, &key, sizeof(key), 0);
}

static void delete_share(struct kern *k, __u32 key)
{
	bpf_map__delete_elem(k->skel->maps.shares, &key, sizeof(key), 0);
}

void kern_share_delete(struct kern *k, pid_t pid)
{
	delete_share(k, (__u32)pid);
}

void kern_target_share_delete(struct kern *k, pid_t target)
{
	delete_share(k, (__u32)target | PHRUDE_SHARE_TARGET);
}

void kern_discover(struct kern *k)
{
	k->skel->bss->discovering = true;
}

void kern_choose_alive(struct kern *k, bool alive)
{
	k->skel->bss->choosing_alive = alive;
}

void kern_forget_table(struct kern *k, pid_t pid, uint64_t table)
{
	struct ev_table_key key = { .linetable = table, .pid = pid };

	bpf_map__delete_elem(k->skel->maps.seen, &key, sizeof(key), 0);
}

void kern_forget_tables(struct kern *k)
{
	struct ev_table_key key;

	while (!bpf_map__get_next_key(k->skel->maps.seen, NULL, &key, sizeof(key)) &&
	       !bpf_map__delete_elem(k->skel->maps.seen, &key, sizeof(key), 0))
		;
}

void kern_stop(struct kern *k)
{
	k->skel->bss->stopped = true;
}

int kern_on_record(struct kern *k, kern_record_fn fn, void *ctx, struct err *err)
{
	k->ring = ring_buffer__new(bpf_map__fd(k->skel->maps.events),
				   (ring_buffer_sample_fn)(void *)fn, ctx, NULL);
	if (!k->ring)
		return err_set(err, -errno, "cannot map the ring buffer: %s", strerror(errno));
	return 0;
}

int kern_ring_fd(const struct kern *k)
{
	return ring_buffer__epoll_fd(k->ring);
}

/*
 * How long the kernel side is told not to wake us, and how much longer we look: longer than a
 * program can be held up between reading the one and putting its event into the ring.
 */
#define AWAKE_NS 10000000ULL
#define GRACE_NS 20000000ULL

int kern_consume(struct kern *k)
{
	int n;

	k->looked = clock_now_ns();
	n = ring_buffer__consume(k->ring);
	if (n > 0)
		k->skel->bss->reader_awake_until = clock_now_ns() + AWAKE_NS;
	return n;
}

bool kern_polling(const struct kern *k)
{
	return k->looked < k->skel->bss->reader_awake_until + GRACE_NS;
}
