// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See code.bpf.h.  An entry is read without a lock: whoever writes it makes `turn` odd before and
 * even after, and who has read it looks whether that is what it was.  x86-64 keeps loads, and
 * stores, in their order.
 */
#include "code.bpf.h"
#include "stack.bpf.h"
#include <bpf/bpf_tracing.h>

#define CODES_MAX 8192

/* What both kinds of entries begin with. */
struct head {
	__u64 turn; /* odd: it is being written; another one after each time */
	__u64 code;
	__u64 image; /* py_proc.image, 0: there is nothing here */
};

struct code_facts {
	struct head head;
	struct code_words words;
	__u8 texts[CODE_TEXTS]; /* co_name, co_filename */
};

/*
 * Index: a hash of image and code object; an array, since its look-up is inlined and there is one
 * for each frame.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CODES_MAX);
	__type(key, __u32);
	__type(value, struct code_facts);
} codes SEC(".maps");

#define CALLEES_MAX 1024

struct callee_facts {
	struct head head;
	struct callee_words words;
	__u8 texts[CALLEE_TEXTS];
	__u8 names[CALLEE_PARAMS][PARAM_NAME];
};

/* As above. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CALLEES_MAX);
	__type(key, __u32);
	__type(value, struct callee_facts);
} callees SEC(".maps");

static __always_inline __u32 place_of(__u64 image, __u64 code)
{
	return (code >> 4 ^ image * 0x9e3779b97f4a7c15) * 0x9e3779b97f4a7c15 >> 48;
}

static __always_inline struct callee_facts *callee_place(__u64 image, __u64 code)
{
	__u32 index = place_of(image, code) & (CALLEES_MAX - 1);

	return bpf_map_lookup_elem(&callees, &index);
}

static __always_inline struct code_facts *code_place(__u64 image, __u64 code)
{
	__u32 index = place_of(image, code) & (CODES_MAX - 1);

	return bpf_map_lookup_elem(&codes, &index);
}

static __always_inline __u64 turn_of(const struct head *h)
{
	__u64 turn = *(const volatile __u64 *)&h->turn;

	barrier();
	return turn;
}

/* Is it the entry of that code object, and whole?  *turn: for end_reading(). */
static __always_inline bool begin_reading(const struct head *h, __u64 image, __u64 code,
					  __u64 *turn)
{
	*turn = turn_of(h);
	return !(*turn & 1) && h->code == code && h->image == image;
}

/* Has it been what it was all the time? */
static __always_inline bool end_reading(const struct head *h, __u64 turn)
{
	barrier();
	return turn_of(h) == turn;
}

/* Takes an entry for writing; false if it is being written, or has been since `turn`. */
static __always_inline bool take_turn(struct head *h, __u64 turn)
{
	return !(turn & 1) && __sync_val_compare_and_swap(&h->turn, turn, turn + 1) == turn;
}

static __always_inline void end_turn(struct head *h, __u64 turn)
{
	barrier();
	*(volatile __u64 *)&h->turn = turn + 2;
}

/* Takes an entry for writing that of another code object. */
static __always_inline bool begin_writing(struct head *h, __u64 image, __u64 code, __u64 *turn)
{
	*turn = turn_of(h);
	if (!take_turn(h, *turn))
		return false;
	h->code = code;
	h->image = image;
	return true;
}

/*
 * Forgets the entry of a code object that is being freed.  Whoever is writing it puts another one
 * in its place: nobody can be learning this one, as it is on no stack any more.
 */
static __always_inline void forget_entry(struct head *h, __u64 image, __u64 code)
{
	__u64 turn;

	if (begin_reading(h, image, code, &turn) && take_turn(h, turn)) {
		h->image = 0;
		end_turn(h, turn);
	}
}

__noinline int code_known(__u32 slot, __u64 code, __u32 at)
{
	struct scratch *s = scratch_get(slot);
	const struct code_facts *c;
	__u64 turn;

	if (!s || !s->proc.image)
		return 0;
	c = code_place(s->proc.image, code);
	if (!c || !begin_reading(&c->head, s->proc.image, code, &turn))
		return 0;
	s->code = c->words;
	__builtin_memcpy(&s->data[at & (PHRUDE_EVENT_MAX - 8)], c->texts, CODE_TEXTS);
	return end_reading(&c->head, turn);
}

/* The end of a str's node that is whole, or 0. */
static __always_inline __u32 whole_str(const struct scratch *s, __u32 at)
{
	const struct ev_node *n = (const void *)&s->data[at & (PHRUDE_EVENT_MAX - 8)];

	if (n->type != VAL_STR || n->flags || n->len > CODE_TEXTS)
		return 0;
	return at + NODE_SZ + ((n->len + 7) & ~7u);
}

__noinline int code_learn(__u32 slot, __u64 code, __u32 at)
{
	struct scratch *s = scratch_get(slot);
	struct code_facts *c;
	__u64 turn;
	__u32 file;

	if (!s || !s->proc.image || s->len - at > CODE_TEXTS)
		return 0;
	file = whole_str(s, at);
	if (!file || whole_str(s, file) != s->len)
		return 0;
	s->code.len = s->len - at;
	c = code_place(s->proc.image, code);
	if (!c || !begin_writing(&c->head, s->proc.image, code, &turn))
		return 0;
	c->words = s->code;
	__builtin_memcpy(c->texts, &s->data[at & (PHRUDE_EVENT_MAX - 8)], CODE_TEXTS);
	end_turn(&c->head, turn);
	return 0;
}

__noinline int callee_known(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	const struct callee_facts *c;
	__u64 turn;

	if (!s || !s->proc.image)
		return 0;
	c = callee_place(s->proc.image, code);
	if (!c || !begin_reading(&c->head, s->proc.image, code, &turn))
		return 0;
	s->callee = c->words;
	__builtin_memcpy(s->param_names, c->names, sizeof(s->param_names));
	__builtin_memcpy(&s->data[s->len & (PHRUDE_EVENT_MAX - 8)], c->texts, CALLEE_TEXTS);
	if (!end_reading(&c->head, turn)) {
		s->callee.state = CALLEE_OTHER;
		return 0;
	}
	s->callee.state = CALLEE_KNOWN;
	s->watch = s->callee.watch;
	return 1;
}

__noinline int callee_begin(__u32 slot, __u32 at)
{
	struct scratch *s = scratch_get(slot);

	/* What was cut, or could not be read, is tried again the next time. */
	if (!s || !s->proc.image || s->cut || s->nr_missing || s->len - at > CALLEE_TEXTS)
		return 0;
	s->callee = (struct callee_words){ .state = CALLEE_LEARNING,
					   .watch = s->watch,
					   .len = s->len - at };
	return 0;
}

__noinline int callee_param(__u32 slot, __u32 idx, __u32 at)
{
	struct scratch *s = scratch_get(slot);
	const struct ev_node *n;

	if (!s || s->callee.state != CALLEE_LEARNING)
		return 0;
	at &= PHRUDE_EVENT_MAX - 8;
	n = (const void *)&s->data[at];
	if (idx >= CALLEE_PARAMS || n->type != VAL_STR || n->flags || n->len > PARAM_NAME - NODE_SZ)
		return 0;
	__builtin_memcpy(s->param_names[idx & (CALLEE_PARAMS - 1)], &s->data[at], PARAM_NAME);
	s->callee.named |= 1U << idx;
	return 0;
}

__noinline int callee_learn(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	struct callee_facts *c;
	__u64 turn;

	if (!s || s->callee.state != CALLEE_LEARNING || s->callee.nr_params > CALLEE_PARAMS ||
	    s->callee.named + 1 != 1U << s->callee.nr_params)
		return 0;
	c = callee_place(s->proc.image, code);
	if (!c || !begin_writing(&c->head, s->proc.image, code, &turn))
		return 0;
	c->words = s->callee;
	__builtin_memcpy(c->texts, &s->data[sizeof(struct ev_match)], CALLEE_TEXTS);
	__builtin_memcpy(c->names, s->param_names, sizeof(c->names));
	end_turn(&c->head, turn);
	return 0;
}

static __always_inline void code_forget(__u64 image, __u64 code)
{
	struct code_facts *caller = code_place(image, code);
	struct callee_facts *callee = callee_place(image, code);

	if (caller)
		forget_entry(&caller->head, image, code);
	if (callee)
		forget_entry(&callee->head, image, code);
}

static __always_inline struct py_proc *current_proc(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return bpf_map_lookup_elem(&procs, &pid);
}

/* tp_dealloc of code objects: code_dealloc(), Objects/codeobject.c. */
SEC("uprobe")
int code_freed(struct pt_regs *ctx)
{
	struct py_proc *p = current_proc();

	keep_own_stack(ctx);
	if (p && p->image)
		code_forget(p->image, PT_REGS_PARM1(ctx));
	return 0;
}

#define CHUNK 64
#define CHUNKS_MAX (4096 / CHUNK)

/* At most CHUNK bytes.  By itself for the verifier: one round of a loop like another. */
__noinline int bytes_differ(__u64 one, __u64 other, __u64 n)
{
	__u64 a[CHUNK / 8] = {}, b[CHUNK / 8] = {};

	if (n > CHUNK)
		n = CHUNK;
	return peek(a, n, one) || peek(b, n, other) || !words_eq(a, b, CHUNK / 8);
}

/* What cannot be told is taken for another text. */
static __always_inline bool are_equal(const struct py_layout *l, __u64 one, __u64 other)
{
	struct str_info x, y;
	__u64 size;

	if (read_str_of(NULL, l, one, &x) || read_str_of(NULL, l, other, &y) ||
	    x.length != y.length || x.kind != y.kind)
		return false;
	size = x.length * x.kind;
	for (__u64 i = 0; i < CHUNKS_MAX; i++) {
		if (i * CHUNK >= size)
			return true;
		if (bytes_differ(x.data + i * CHUNK, y.data + i * CHUNK, size - i * CHUNK))
			break;
	}
	return false;
}

/*
 * _imp._fix_co_filename(code, path), METH_FASTCALL, Python/import.c: gives a code object, and those
 * among its constants, another co_filename.  The import system calls it for each module that it
 * loads, most of which have that name already; then it changes nothing.
 */
SEC("uprobe")
int code_renamed(struct pt_regs *ctx)
{
	struct py_proc *p = current_proc();
	__u64 args[2];

	keep_own_stack(ctx);
	if (p && p->image &&
	    (read_user(NULL, args, sizeof(args), PT_REGS_PARM2(ctx)) ||
	     read_u64(NULL, args[0] + OB_TYPE) != p->type_code ||
	     !are_equal(&p->layout, read_u64(NULL, args[0] + p->layout.code_filename), args[1])))
		new_image(p);
	return 0;
}
