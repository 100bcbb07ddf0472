/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kernel structures, cut down to the fields in use; see README.md.  Needs base.h and the
 * architecture's struct thread_struct, so it is included by <arch>/vmlinux.h alone.
 */
#pragma once

/* A raw tracepoint's arguments, one word each; not a kernel type whose layout could change. */
struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
};

/* A pid as one namespace knows it. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* level + 1 of them */
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
};

struct kernfs_node {
	__u64 id;
};

/* A hierarchy; the unified one has number 0, one of version 1 may have a name. */
struct cgroup_root {
	int hierarchy_id;
	char name[64];
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

/* Which cgroups a task is in; dfl_cgrp is the one of the unified (v2) hierarchy. */
struct css_set {
	struct cgroup *dfl_cgrp;
};

struct inode {
	unsigned long i_ino;
};

struct qstr {
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash; /* pprev NULL: its name leads nowhere any more */
	struct dentry *d_parent;     /* itself: the root of a file system */
	struct qstr d_name;
};

/* Of a mount, what file systems see; the rest is around it. */
struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent; /* itself: the root of a namespace */
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct inode *f_inode;
	struct path f_path;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long exec_vm; /* pages */
	unsigned long start_code, end_code;
	unsigned long arg_start, arg_end;
	unsigned long env_start, env_end;
};

/* What the threads of a process share. */
struct signal_struct {
	atomic_t live; /* threads that have not exited */
};

struct task_struct {
	unsigned int flags; /* PF_* */
	int pid;	    /* a thread's id, which user space calls tid */
	int tgid;	    /* a process's id, which user space calls pid */
	int exit_code;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	const struct cred *cred;
	const struct cred *real_cred;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct css_set *cgroups;
	__u64 start_time;
	__u64 start_boottime;
	char comm[16];
	struct thread_struct thread;
};

/* Third argument of the raw tracepoint sched_process_exec (task, old pid, bprm). */
struct linux_binprm {
	const char *filename;
	const char *interp;
};

#pragma clang attribute pop

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000
