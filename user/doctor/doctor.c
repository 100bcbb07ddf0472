// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "probe/probe_kind.h"
#include "base/look.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"
#include "policy/plan.h"
#include "kern/kern_feat.h"
#include "py/interp.h"

#define LABEL "  %-20s "

static void put_line(struct buf *out, const char *label, const char *value)
{
	text_line(out, LABEL "%s", label, value);
}

static void put_feature(struct buf *out, const char *label, bool has, const char *without)
{
	text_line(out, LABEL "%s%s", label, has ? "yes" : "no: ", has ? "" : without);
}

static void put_paranoid(struct buf *out)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int level;

	/* Of perf events, which are then not used. */
	if (kern_feat_uprobe_multi())
		return;
	if (f && fscanf(f, "%d", &level) == 1)
		buf_printf(out, LABEL "%d%s\n", "perf_event_paranoid", level,
			   level > 2 ? " (without root, CAP_SYS_ADMIN is needed)" : "");
}

static void put_capabilities(struct buf *out)
{
	static const struct {
		unsigned int number; /* include/uapi/linux/capability.h */
		const char *name;
	} needed[] = { { 1, "CAP_DAC_OVERRIDE" },
		       { 19, "CAP_SYS_PTRACE" },
		       { 21, "CAP_SYS_ADMIN" },
		       { 38, "CAP_PERFMON" },
		       { 39, "CAP_BPF" } };
	_cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
	unsigned long long effective = 0;
	char line[256];
	bool first = true;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	}
	buf_printf(out, LABEL, "privilege");
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (effective >> needed[i].number & 1) {
			buf_printf(out, "%s%s", first ? "" : ", ", needed[i].name);
			first = false;
		}
	}
	buf_printf(out, "%s (uid %d)\n", first ? "none" : "", (int)geteuid());
}

int doctor_machine(struct buf *out, struct err *err)
{
	struct utsname uts;
	int ret = kern_feat_check(err);
	char kernel[256];

	uname(&uts);
	snprintf(kernel, sizeof(kernel), "%.64s %.64s, %.32s", uts.sysname, uts.release,
		 uts.machine);
	buf_adds(out, "machine\n");
	put_line(out, "kernel", kernel);
	put_capabilities(out);
	put_paranoid(out);
	put_feature(out, "BPF and uprobes", ret == 0, err->msg);
	put_feature(out, "type information", access("/sys/kernel/btf/vmlinux", R_OK) == 0,
		    "the kernel lacks CONFIG_DEBUG_INFO_BTF");
	if (ret != -EPERM)
		put_feature(out, "sleepable uprobes", kern_feat_sleepable(),
			    "Linux 6.0 brought them; here memory that is not resident is not read");
	put_feature(
		out, "uprobe_multi", kern_feat_uprobe_multi(),
		"Linux 6.6 brought it, complete since 6.10; here each probe is a perf event, which "
		"takes 0.1 s to be taken away, and wants CAP_SYS_ADMIN of whom is not root");
	return ret;
}

static void put_interpreter(struct buf *out, const struct py_interp *interp)
{
	text_line(out, "process %d", interp->pid);
	text_line(out, LABEL "CPython %s", "interpreter", interp->version);
	put_line(out, "file", interp->path);
	put_line(out, "build",
		 interp->is_library		? "shared library"
		 : elf_file_is_pie(interp->elf) ? "executable, position-independent"
						: "executable at a fixed address");
	if (interp->build_id[0])
		put_line(out, "build id", interp->build_id);
	if (interp->jit)
		put_line(out, "JIT compiler", "on, or may be: frame and usdt would miss hot calls");
	if (!interp->initialised)
		put_line(out, "state", "not initialised yet: its modules cannot be looked at");
}

static void put_kinds(struct buf *out, const struct py_interp *interp,
		      const struct plan_choice *choice)
{
	const struct probe_kind *kind;
	const char *unseen;

	buf_adds(out, "probe kinds\n");
	for (size_t n = 0; (kind = probe_kind_preferred(n)); n++) {
		struct py_site sites[PY_SITES_MAX];
		size_t nr_sites = 0, stepped = 0;
		struct err why;

		if (kind->arms && choice->no_arm) {
			text_line(out, LABEL "no: %s", kind->name, choice->no_arm);
			continue;
		}
		if (kind->sites && kind->sites(interp, sites, &nr_sites, &why)) {
			text_line(out, LABEL "no: %s", kind->name, why.msg);
			continue;
		}
		for (size_t k = 0; k < nr_sites; k++)
			stepped += !sites[k].emulated;
		text_line(out, LABEL "yes; costs %s%s%s", kind->name, kind->cost,
			  kind->partial ? "; sees some calls only" : "",
			  stepped ? "; single-stepped: no instruction that the kernel emulates "
				    "stands there"
				  : "");
	}
	unseen = py_audit_unseen(interp);
	if (unseen)
		text_line(out, LABEL "%s", "", unseen);
}

static void put_rule(struct buf *out, const struct rule *rule, const struct plan_rule *r)
{
	const struct probe_kind *kind = probe_kind(r->probe);
	char functions[24] = "-";

	if (r->probe == PROBE_DIRECT)
		snprintf(functions, sizeof(functions), "%zu", r->cfuncs.count);
	else if (r->probe == PROBE_ARM)
		snprintf(functions, sizeof(functions), "%zu", r->nr_codes);
	text_line(out, "  %-8s %9s  %s", kind ? kind->name : "none", functions, rule->name);
	for (size_t i = 0; i < r->cfuncs.count; i++)
		text_line(out, "%21s%s in %s%s", "", r->cfuncs.list[i].qualname,
			  r->cfuncs.list[i].file->path,
			  r->cfuncs.list[i].site.emulated ? "" : " (single-stepped)");
	if (kind)
		text_line(out, "%21scosts %s%s", "", kind->cost,
			  r->partial ? "; sees some calls only" : "");
	if (r->probe == PROBE_ARM && !r->nr_codes)
		text_line(out, "%21snot yet: it is armed when it first runs", "");
	if (r->pending)
		text_line(out, "%21snot yet: %s; it is looked for when that is imported", "",
			  r->why ?: "");
	else if (r->why)
		text_line(out, "%21s%s: %s", "", kind ? "nothing better" : "cannot be watched",
			  r->why);
}

static int examine_process(pid_t pid, const struct rule_set *rules,
			   const struct plan_choice *choice, struct buf *out, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	struct plan plan = { 0 };
	int ret = py_interp_open(pid, &interp, err);

	if (ret)
		return ret;
	put_interpreter(out, interp);
	put_kinds(out, interp, choice);
	if (!rules)
		return 0;
	ret = plan_examine(interp, rules, choice, &plan, err);
	if (!ret)
		ret = plan_count_codes(interp, rules, &plan, err);
	if (!ret)
		buf_adds(out, "rules\n  KIND     FUNCTIONS  RULE\n");
	for (size_t i = 0; i < rules->nr_rules && !ret; i++)
		put_rule(out, &rules->rules[i], &plan.rules[i]);
	for (size_t i = 0; i < rules->nr_rules && !ret; i++) {
		if (plan.rules[i].probe == PROBE_NONE)
			ret = err_set(err, -EOPNOTSUPP,
				      "rule \"%s\" cannot be watched in pid %d: %s",
				      rules->rules[i].name, pid,
				      plan.rules[i].why ?: "no probe kind sees it");
	}
	plan_fini(&plan);
	return ret;
}

int doctor_process(pid_t pid, const struct rule_set *rules, const struct plan_choice *choice,
		   struct buf *out, struct err *err)
{
	struct look look;
	char why[160];
	int ret;

	look_begin(&look, pid, LOOK_FIRST);
	ret = examine_process(pid, rules, choice, out, err);
	if (look_end(&look))
		ret = err_set(err, -ETIMEDOUT, "pid %d: %s", pid,
			      look_failure(&look, why, sizeof(why)));
	return ret;
}
