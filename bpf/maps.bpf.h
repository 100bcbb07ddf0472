/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps that several files share: they stand in maps.bpf.c.  A map of one file alone stands in
 * that file.
 */
#pragma once

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "abi/direct.h"
#include "abi/event.h"
#include "abi/hash.h"
#include "abi/hold.h"
#include "abi/limits.h"
#include "abi/pylayout.h"
#include "abi/request.h"
#include "abi/rule.h"
#include "abi/share.h"
#include "abi/stats.h"
#include "settings.bpf.h"

/*
 * Traced processes.  Key: thread group id.  Written by user space, and by the kernel side at fork
 * and exec.
 */
typedef struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PHRUDE_PROCS_MAX);
	__type(key, __u32);
	__type(value, struct py_proc);
} procs_map;

/* Watched (function name, place) pairs.  Written by user space before anything is attached. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PHRUDE_TARGETS_MAX);
	__type(key, struct phrude_target_key);
	__type(value, __u32);
} targets_map;

/*
 * C functions that have a probe of their own.  Key: the probe's cookie.  Written by user space
 * before it attaches.
 */
typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PHRUDE_DIRECT_MAX);
	__type(key, __u32);
	__type(value, struct phrude_direct);
} direct_map;

/* Line tables that user space has.  Value: signature (see struct ev_frame). */
typedef struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ev_table_key);
	__type(value, __u64);
} seen_map;

/*
 * Which locals of a function may hold the request (request.bpf.c, which alone writes and reads it).
 * Index: a hash of process and code object; an array, since its look-up is inlined and there is one
 * for each frame.
 */
#define LOOKS_MAX 8192

struct looks {
	__u64 code;
	__u64 names; /* the tuple of names: tells code objects that stood at one address apart */
	__u64 looks; /* four of 16 bits, 0: no more; see LOOK() */
	__u64 check; /* of the other words and the process: they are not written at once */
};

typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LOOKS_MAX);
	__type(key, __u32);
	__type(value, struct looks);
} looks_map;

/*
 * What is known of classes (class.bpf.c, which alone writes and reads it).  Index: a hash of
 * process and type object; an array, as above.
 */
#define CLASSES_MAX 16384

struct class_facts {
	__u64 type;
	__u64 signature; /* tells types that stood at one address apart */
	__u64 what;	 /* enum class_kind, and what belongs to it */
	__u64 name;	 /* of an attribute: a str object */
	__u64 check;	 /* of the other words and the process: they are not written at once */
};

typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CLASSES_MAX);
	__type(key, __u32);
	__type(value, struct class_facts);
} classes_map;

/* What is known of a code object besides its texts, see code.bpf.h. */
struct code_words {
	__u64 linetable;
	__u64 names;	 /* of the locals */
	__u64 signature; /* of the line table, 0: not known yet */
	__u64 digest;	 /* of the texts */
	__u32 firstlineno, firsttraceable;
	__u32 len; /* bytes of texts in use */
	__u32 pad;
};

#define RING_SZ (8 * 1024 * 1024)

typedef struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_SZ);
} events_map;

/* Counters, see abi/stats.h. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PHRUDE_STAT_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} stats_map;

/* A frame of the call stack that has been captured. */
struct caller {
	__u64 frame, code, names; /* names: of the locals */
	__u64 signature;	  /* of the line table, 0: not known yet */
	__u32 at;		  /* its struct ev_frame in data[] */
	__u32 pad;
};

/*
 * A code object that was met between the innermost and the outermost callers, see deep.bpf.c.  A
 * power of two.
 */
#define DEEP_CODES 256

struct deep_code {
	__u64 code, names; /* names: of the locals */
	__u64 event;	   /* the event in which it was met, scratch.events */
	__u32 firsttraceable;
	__u32 sent;
};

/*
 * Objects from which the search for a request goes on, and those still to be followed from one of
 * them.
 */
#define REQUEST_ROOTS_MAX 4
#define REQUEST_TODO_MAX 16

/* A container that is being captured. */
struct walk {
	__u64 object; /* itself, to notice cycles */
	__u64 items;  /* elements: PyObject *[], or dict or set entries */
	__u64 values; /* values of a split dict, else 0 */
	__u32 idx, count;
	__u16 entry_sz; /* of a dict's entries */
	__u8 type;	/* enum ev_node_type */
	__u8 on_value;	/* dict: the key has been sent */
	__u32 pad;
};

/*
 * Where one event is put together.  A uprobe program can be preempted by another task's, so that a
 * per-CPU buffer is not safe: a slot is claimed and released (scratch.bpf.h).
 */
#define VA_REGS 6
/*
 * Units of an audit event's format; what the interpreter's own calls use is a few characters.  A
 * power of two.
 */
#define FORMAT_MAX 32

#define PAGE_SZ 4096ULL
/* Pages that are noted as missing. */
#define MISSING_MAX 8

/* Slots of instances that class.bpf.c knows by their names. */
enum {
	SLOT_STR,
	SLOT_DRV,
	SLOT_ROOT,
	SLOT_PARTS,
	SLOT_TAIL,
	SLOT_RAW,
	SLOT_PATH,
	SLOT_WANTED, /* the one whose name is in s->wanted */
	NR_SLOTS,
};

/* What is known of a watched function, or is being learned; its parameters' names, as nodes. */
#define CALLEE_PARAMS 8
#define PARAM_NAME 40

struct callee_words {
	__u32 state; /* enum callee_state */
	__u32 watch; /* PHRUDE_TARGET_WATCH */
	__u32 len;   /* bytes that describe it */
	__u32 nr_params;
	__u32 cells; /* bit n: parameter n stands in a cell */
	__u32 named; /* bit n: its name is in param_names */
};

/* Elements of a list or tuple that are read at once. */
#define ITEMS_AT_ONCE 16

struct scratch {
	__u32 busy;
	__u32 len;   /* bytes of data[] in use */
	__u32 limit; /* args may fill data[] up to here: what follows needs its space */
	__u32 nodes; /* value nodes left for this event */
	__u32 cut;   /* EV_CUT_* */
	__u32 depth; /* of stack[] */
	__u64 name_hash;
	__u64 hash;	/* being computed over text[] */
	__u64 pending;	/* object to capture next */
	__u64 frame;	/* next frame of the call stack */
	__u64 at_frame; /* frame whose locals are looked at, and its code object */
	__u64 at_code;
	__u64 at_names; /* of that: names of the locals */
	__u32 nr_callers;
	__u32 nr_inner; /* of them, the innermost ones */
	struct caller callers[PHRUDE_FRAMES_MAX];
	/*
	 * Of a deep stack: the first frame behind the innermost callers, the first of the outermost
	 * ones.
	 */
	__u64 middle, outer;
	struct {
		__u64 frame, code;
	} last[PHRUDE_FRAMES_OUTER]; /* the outermost ones that have been met so far */
	__u32 nr_deep;		     /* frames of Python behind the innermost callers */
	__u32 nr_between;	     /* SEC_BETWEEN nodes */
	__u64 events;		     /* that were put together in this slot */
	struct deep_code codes[DEEP_CODES];
	__u32 request; /* enum ev_request_kind, 0: not found yet */
	__u32 nr_roots, next_root, nr_todo, nr_looks, bulk;
	__u32 pad;
	__u64 looks; /* of s->at_code, being put together */
	__u64 roots[REQUEST_ROOTS_MAX];
	__u64 todo[REQUEST_TODO_MAX];
	__u64 found[NR_FOUND];
	/* The application's object for the request, and one around it; what is in one of them. */
	__u64 holder, holder_around;
	__u64 held[NR_FOUND];
	__u32 into_held; /* entries go there, not to found[] */
	__u32 held_pad;
	__u64 request_dict; /* the environ or scope that was found */
	/* Other headers of an environ: names and values. */
	struct {
		__u64 name, value;
	} others[PHRUDE_OTHERS_MAX];
	__u32 nr_others, others_sent;
	__u64 no_request;	 /* a local that was looked at last, and is none */
	__u64 flags_type, flags; /* tp_flags of the type that was looked at last */
	__u64 va[VA_REGS];	 /* variable arguments that came in registers */
	__u64 va_stack;		 /* where the others are */
	__u32 va_idx, va_count;	 /* the next one; how many there are in va[] */
	__u32 va_units, va_pad;	 /* arguments sent */
	__u8 format[FORMAT_MAX + 8];
	__u64 sip[4];	   /* the digest, of data[] up to */
	__u64 sip_kept[4]; /* while a part is digested by itself */
	__u32 digested;
	__u32 by_class; /* a rule names the file's function together with its class */
	struct walk stack[PHRUDE_DEPTH_MAX];
	/*
	 * Elements of a list or tuple that were read at once: the address of the first one, and how
	 * many.
	 */
	__u64 items_at;
	__u32 nr_items, items_pad;
	__u64 items[ITEMS_AT_ONCE];
	/* An object whose class is being looked at, see class.bpf.c. */
	__u64 object, type;
	__u64 instead;	 /* objects that have been captured in place of the one that it was about */
	__u64 type_name; /* tp_name */
	/* the class of the MRO that is next, from 1 on; 0: it has not been looked at */
	__u64 class_at;
	__u64 class_entries; /* entries of class dicts that were looked at for this event */
	__u64 class_missing; /* nr_missing before */
	__u64 mro, nr_mro;
	__u64 fspath; /* its __fspath__ */
	__u64 wanted[3];
	__u16 slots[NR_SLOTS]; /* offsets, 0: none */
	__u32 windows, class_pad;
	struct class_facts class;
	struct walk attrs; /* a class's or an instance's */
	__u64 found_attr;
	struct py_proc proc;
	struct code_words code; /* of the frame that is being captured */
	struct callee_words callee;
	__u8 param_names[CALLEE_PARAMS][PARAM_NAME];
	/*
	 * Pages that were not there when this was put together for the pass-th time, see read.bpf.h
	 * and event.bpf.h.
	 */
	__u64 missing[MISSING_MAX];
	__u32 nr_missing;
	__u32 pass;
	__u32 tables_lost; /* line tables that were not sent */
	__u32 table_bytes; /* sent of line tables */
	__u32 watch;	   /* PHRUDE_TARGET_WATCH */
	__u32 verdict;	   /* enum verdict */
	__u32 again;	   /* a slot for the fetch that it waits for, from 1 on; 0: it is over */
	__u32 self;	   /* its own index */
	__u32 owner;	   /* process id */
	__u32 owner_target;
	__u64 began;	/* when, if it is to be told what it took; else 0 */
	__u8 head[256]; /* raw frame and code objects */
	/*
	 * Pages of the call stack, see window.bpf.c; what is behind them is never read, but lies
	 * within the bounds that the verifier sees.
	 */
	__u64 window_at;
	__u32 window_len, window_pad; /* 0: nothing has been read */
	__u8 window[2 * PAGE_SZ + 256];
	__u8 text[PHRUDE_MATCH_FILE_MAX * 4];
	__u8 data[PHRUDE_EVENT_MAX + PHRUDE_PAYLOAD_MAX + 64];
	__u8 table[sizeof(struct ev_linetable) + PHRUDE_LINETABLE_MAX + 64];
};

/* Number of slots is set by user space before loading. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_map;

/*
 * Processes in which user space has something to write, see ARM_PENDING of abi/hold.h.  Key: thread
 * group id, value: how much.
 */
typedef struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PHRUDE_PROCS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} arm_pending_map;

/* Threads that are held, see abi/hold.h.  Written by both sides; user space has it mapped. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, HOLD_SLOTS);
	__type(key, __u32);
	__type(value, struct hold_slot);
} holds_map;

/* Matches that are not sent, by their digest; written by user space, see digest.bpf.h. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} dismissed_map;

extern procs_map procs SEC(".maps");
extern dismissed_map dismissed SEC(".maps");
extern arm_pending_map arm_pending SEC(".maps");
extern targets_map targets SEC(".maps");
/* Interpreters' files.  Written by user space before it attaches anything to them. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PHRUDE_GROUPS_MAX);
	__type(key, __u32);
	__type(value, struct py_template);
} templates_map;

/* See abi/share.h. */
typedef struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	/* Those of who has gone are kept for a moment, see user/targets/targets_share.c. */
	__uint(max_entries, 4 * PHRUDE_PROCS_MAX);
	__type(key, __u32);
	__type(value, struct phrude_share);
} shares_map;

extern shares_map shares SEC(".maps");
extern holds_map holds SEC(".maps");
extern templates_map templates SEC(".maps");
extern direct_map direct_funcs SEC(".maps");
extern seen_map seen SEC(".maps");
extern looks_map looks SEC(".maps");
extern classes_map classes SEC(".maps");
extern events_map events SEC(".maps");
extern stats_map stats SEC(".maps");
extern scratch_map scratch SEC(".maps");

/* What a thread last passed to sys.audit(), to know it again when it comes by PySys_Audit(). */
struct audited {
	__u64 count; /* of arguments */
	__u64 first; /* the first of them */
};

typedef struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32); /* thread */
	__type(value, struct audited);
} audited_map;

extern audited_map audited SEC(".maps");

/*
 * Until this time (bpf_ktime_get_ns()) user space looks into the ring by itself: waking it for each
 * event costs the target's thread several microseconds, an interrupt to another CPU.
 */
extern __u64 reader_awake_until;

/*
 * Flags for bpf_ringbuf_output().  Forced, since the kernel's own rule wakes only a reader that has
 * seen all before:  records that were sent without waking it (line tables) would hold this one
 * back.
 */
static __always_inline __u64 wakeup_flags(__u64 now)
{
	return now < reader_awake_until ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP;
}

static __always_inline __u64 next_image(void)
{
	return __sync_fetch_and_add(&images, 2) + 2;
}

/* A process whose code objects are watched has other memory now. */
static __always_inline void new_image(struct py_proc *p)
{
	if (p->image)
		p->image = next_image();
}

static __always_inline struct phrude_share *share_of(__u32 key)
{
	return bpf_map_lookup_elem(&shares, &key);
}

static __always_inline void stat_add(__u32 slot, __u64 more)
{
	__u64 *n = bpf_map_lookup_elem(&stats, &slot);

	if (n)
		*n += more;
}

static __always_inline void stat_inc(enum phrude_stat which)
{
	stat_add(which, 1);
}

static __always_inline void hit_inc(__u32 probe)
{
	stat_add(PHRUDE_STAT_HITS_OF(probe), 1);
}
