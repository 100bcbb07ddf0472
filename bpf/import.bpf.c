// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Modules that are imported after the tracer has attached.  A module's functions and types are
 * there when _imp.exec_dynamic(module) or _imp.exec_builtin(module) returns, and nobody has called
 * them yet.  At that moment the importing thread is held, for user space to look: only if a rule
 * names the module, and only if nobody has looked at this module of this file before.  While an
 * interpreter starts, the same is done where the code of a module written in Python ends: in
 * PyEval_EvalCode(code, globals, locals).
 */
#include "read.bpf.h"
#include "abi/cookie.h"
#include "abi/import.h"
#include "arch/regs.bpf.h"
#include "stack.bpf.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define EBUSY 16
/*
 * How often a mapping is looked for while another thread has hold of the list of mappings.
 * Verifying takes 6 ms for each.
 */
#define FIND_TRIES 8

/* Modules that rules name.  Written by user space before it attaches anything. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * PHRUDE_TARGETS_MAX);
	__type(key, struct import_name);
	__type(value, __u32);
} import_names SEC(".maps");

/* Written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct import);
	__type(value, __u8);
} imports_looked SEC(".maps");

/* Calls that are going on, by the stack pointer at their entry: imports are nested. */
struct importing {
	__u64 sp;
	__u32 tid;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct importing);
	__type(value, struct import);
} imports_begun SEC(".maps");

/* What is needed of the kernel's own types. */
#define FLAVOUR __attribute__((preserve_access_index))

struct super_block___i {
	__u32 s_dev;
} FLAVOUR;

struct inode___i {
	unsigned long i_ino;
	__u32 i_generation;
	struct super_block___i *i_sb;
} FLAVOUR;

struct dentry___i {
	struct qstr d_name;
} FLAVOUR;

struct path___i {
	struct dentry___i *dentry;
} FLAVOUR;

struct file___i {
	struct inode___i *f_inode;
	struct path___i f_path;
} FLAVOUR;

struct vm_area_struct___i {
	struct file___i *vm_file;
} FLAVOUR;

/* The file that a module's definition is in. */
struct found_file {
	struct import *import;
	struct import_name name; /* its name in the file system */
};

static long note_file(struct task_struct *task, struct vm_area_struct___i *vma,
		      struct found_file *found)
{
	struct file___i *file = BPF_CORE_READ(vma, vm_file);
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);

	if (!file)
		return 0;
	found->import->file.ino = BPF_CORE_READ(file, f_inode, i_ino);
	found->import->file.dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	found->import->file.generation = BPF_CORE_READ(file, f_inode, i_generation);
	if (bpf_probe_read_kernel_str(found->name.text, IMPORT_NAME_MAX, name) > 0 &&
	    found->name.text[0] == '_')
		bpf_probe_read_kernel_str(found->name.text, IMPORT_NAME_MAX, name + 1);
	return 0;
}

/* The current process, if it is traced and runs the interpreter that the probe is on. */
static __always_inline struct py_proc *importer(__u32 group)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	return p && !stopped && p->state == PY_PROC_TRACED && p->group == group ? p : NULL;
}

static __always_inline bool is_named(struct import *import, struct import_name *name, int stem)
{
	__u32 *number;

	import_name_fold(name, stem);
	number = bpf_map_lookup_elem(&import_names, name);
	if (number)
		import->name = *number;
	return number;
}

/* The text of a str, as import_name_fold() takes it; what cannot be read is no name. */
static __always_inline void read_name(const struct py_layout *l, __u64 str,
				      struct import_name *name)
{
	struct str_head head;

	if (read_user(NULL, &head, sizeof(head), str + STR_LENGTH))
		return;
	/* kind 1, compact, ASCII */
	if ((head.state >> 2 & 0x1f) != 0x19) {
		name->text[0] = IMPORT_NAME_OTHER;
		return;
	}
	str += l->str_ascii_data;
	if (read_user_str(NULL, name->text, IMPORT_NAME_MAX, str) > 0 && name->text[0] == '_')
		read_user_str(NULL, name->text, IMPORT_NAME_MAX, str + 1);
}

/*
 * Which file the module is from; where it goes by a name that no rule has, that of the file may be
 * one.
 */
static __always_inline bool find_file(struct import *import, __u64 def, bool named)
{
	struct found_file found = { .import = import };
	long ret = -EBUSY;

	if (!cfg_find_vma)
		return named;
	for (int i = 0; i < FIND_TRIES && ret == -EBUSY; i++)
		ret = bpf_find_vma(bpf_get_current_task_btf(), def, note_file, &found, 0);
	if (ret || !import->file.ino)
		import->what = IMPORT_UNKNOWN;
	if (ret == -EBUSY && !named) {
		import->name = IMPORT_ANY;
		return true;
	}
	return named || is_named(import, &found.name, 1);
}

/*
 * An import begins: is it worth being held for when it ends?  name: a str; def: an address in the
 * file of a module written in C, or 0.
 */
__noinline int import_begin(__u32 group, __u64 name, __u64 def, __u64 sp)
{
	struct import import = { .group = group, .what = def ? IMPORT_C : IMPORT_PYTHON };
	struct importing call = { .sp = sp, .tid = bpf_get_current_pid_tgid() };
	struct import_name text = {};
	struct py_proc *p = importer(group);
	bool named;

	if (!p)
		return 0;
	read_name(&p->layout, name, &text);
	named = is_named(&import, &text, 0);
	if (def)
		named = find_file(&import, def, named);
	if (named && !bpf_map_lookup_elem(&imports_looked, &import))
		bpf_map_update_elem(&imports_begun, &call, &import, BPF_ANY);
	return 0;
}

/*
 * _imp.exec_dynamic() and _imp.exec_builtin(): the module is the argument behind self.  The
 * cookie's group says of which interpreter.
 */
SEC("uprobe")
int import_module(struct pt_regs *ctx)
{
	__u32 group = cookie_group(bpf_get_attach_cookie(ctx));
	__u64 module = PT_REGS_PARM2(ctx);
	struct py_proc *p = importer(group);

	keep_own_stack(ctx);
	if (p)
		import_begin(group, read_u64(NULL, module + p->layout.module_name),
			     read_u64(NULL, module + p->layout.module_def) ?: module,
			     PT_REGS_SP(ctx));
	return 0;
}

/*
 * The first entry of a module's dict is __name__ (module_init_dict() of Objects/moduleobject.c); of
 * others nothing is found.
 */
static __always_inline __u64 first_value(const struct py_layout *l, __u64 dict)
{
	__u64 keys = read_u64(NULL, dict + l->dict_keys), at = keys + l->keys_indices;
	__u64 size = read_u64(NULL, keys + (l->keys_size & ~7));

	if (l->features & PY_F_DICT_LOG2) {
		/* dk_log2_index_bytes and dk_kind are two of the bytes in that word. */
		at += 1ULL << (size >> (8 * (l->keys_size & 7)) & 31);
		return read_u64(NULL, at + (size >> (8 * (l->keys_kind & 7)) & 0xff ? 8 : 16));
	}
	at += size * (size <= 0xff ? 1 : size <= 0xffff ? 2 : 4);
	return read_u64(NULL, at + 16);
}

/* PyEval_EvalCode() */
SEC("uprobe")
int import_code(struct pt_regs *ctx)
{
	__u32 group = cookie_group(bpf_get_attach_cookie(ctx));
	struct py_proc *p = importer(group);

	keep_own_stack(ctx);
	if (p)
		import_begin(group, first_value(&p->layout, PT_REGS_PARM2(ctx)), 0,
			     PT_REGS_SP(ctx));
	return 0;
}

/* Any of them returns. */
SEC("uretprobe")
int import_done(struct pt_regs *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct importing call = { .sp = entry_stack(ctx), .tid = id };
	struct import *begun = bpf_map_lookup_elem(&imports_begun, &call);
	__u32 index = HOLD_NOT_NOW;
	struct hold_slot *slot;

	keep_own_stack(ctx);
	if (!begun)
		return 0;
	if (importer(begun->group))
		index = hold_claim(HOLD_IMPORT);
	slot = hold_slot(index);
	if (slot)
		slot->asked.import = *begun;
	bpf_map_delete_elem(&imports_begun, &call);
	if (index != HOLD_NOT_NOW && !hold_ask(index))
		stat_inc(PHRUDE_STAT_LOST_IMPORT);
	return 0;
}
