// SPDX-License-Identifier: GPL-2.0-only
/*
 * The code that compilers make for a thread-local variable: Drepper, "ELF Handling For Thread-Local
 * Storage", 4.
 */
#if defined(__x86_64__)
#include "py/py_tls.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "py/remote.h"

static int32_t get_i32(const uint8_t *p)
{
	int32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* mov (%rax), mov disp8(%rax) or mov disp32(%rax) to %rax, soon after a call. */
static int decode_load(const uint8_t *p, size_t len, int64_t *disp)
{
	for (size_t i = 0; i + 3 <= len && i < 24; i++) {
		if (p[i] != 0x48 || p[i + 1] != 0x8b)
			continue;
		if (p[i + 2] == 0x00) {
			*disp = 0;
			return 0;
		}
		if (p[i + 2] == 0x40 && i + 4 <= len) {
			*disp = (int8_t)p[i + 3];
			return 0;
		}
		if (p[i + 2] == 0x80 && i + 7 <= len) {
			*disp = get_i32(p + i + 3);
			return 0;
		}
	}
	return -ENOENT;
}

/*
 * lea GOT(%rip),%rdi; call __tls_get_addr, directly (e8, with prefixes 66 and 48) or through the
 * GOT (ff 15)
 */
static int decode_get_addr(const uint8_t *p, size_t len, uint64_t addr, struct tls_ref *out)
{
	size_t i = 7;

	if (len < 16 || p[0] != 0x48 || p[1] != 0x8d || p[2] != 0x3d)
		return -ENOENT;
	while (i < 10 && (p[i] == 0x66 || p[i] == 0x48 || p[i] == 0x67))
		i++;
	if (p[i] == 0xe8)
		i += 5;
	else if (p[i] == 0xff && p[i + 1] == 0x15)
		i += 6;
	else
		return -ENOENT;
	out->access = TLS_GOT_PAIR;
	out->got = addr + 7 + (uint64_t)(int64_t)get_i32(p + 3);
	return i < len ? decode_load(p + i, len - i, &out->offset) : -ENOENT;
}

/* lea GOT(%rip),%rax; call *(%rax); mov %fs:disp(%rax),%rax */
static int decode_descriptor(const uint8_t *p, size_t len, uint64_t addr, struct tls_ref *out)
{
	if (len < 13 || p[0] != 0x48 || p[1] != 0x8d || p[2] != 0x05 || p[7] != 0xff ||
	    p[8] != 0x10 || p[9] != 0x64)
		return -ENOENT;
	out->access = TLS_DESCRIPTOR;
	out->got = addr + 7 + (uint64_t)(int64_t)get_i32(p + 3);
	return decode_load(p + 10, len - 10, &out->offset);
}

/* mov GOT(%rip),%rax; mov %fs:disp(%rax),%rax */
static int decode_initial_exec(const uint8_t *p, size_t len, uint64_t addr, struct tls_ref *out)
{
	if (len < 11 || p[0] != 0x48 || p[1] != 0x8b || p[2] != 0x05 || p[7] != 0x64 ||
	    p[8] != 0x48 || p[9] != 0x8b || p[10] != 0x00)
		return -ENOENT;
	out->access = TLS_GOT_OFFSET;
	out->got = addr + 7 + (uint64_t)(int64_t)get_i32(p + 3);
	out->offset = 0;
	return 0;
}

/*
 * mov %fs:disp32,%rax; also what the linker makes of the initial-exec form: mov $disp,%rax; mov
 * %fs:(%rax),%rax
 */
static int decode_local_exec(const uint8_t *p, size_t len, struct tls_ref *out)
{
	static const uint8_t load_fs[] = { 0x64, 0x48, 0x8b, 0x00 };

	if (len >= 9 && p[0] == 0x64 && p[1] == 0x48 && p[2] == 0x8b && p[3] == 0x04 &&
	    p[4] == 0x25) {
		out->access = TLS_OFFSET;
		out->offset = get_i32(p + 5);
		return 0;
	}
	if (len >= 11 && p[0] == 0x48 && p[1] == 0xc7 && p[2] == 0xc0 &&
	    !memcmp(p + 7, load_fs, sizeof(load_fs))) {
		out->access = TLS_OFFSET;
		out->offset = get_i32(p + 3);
		return 0;
	}
	return -ENOENT;
}

int tls_decode(const uint8_t *code, size_t len, uint64_t addr, struct tls_ref *out)
{
	len = MIN(len, 64u);
	*out = (struct tls_ref){ 0 };
	/* Past a prologue (endbr64, push %rbp, sub $8,%rsp) but not past a return. */
	for (size_t i = 0; i < len && i < 24 && code[i] != 0xc3; i++) {
		if (!decode_local_exec(code + i, len - i, out) ||
		    !decode_initial_exec(code + i, len - i, addr + i, out) ||
		    !decode_descriptor(code + i, len - i, addr + i, out) ||
		    !decode_get_addr(code + i, len - i, addr + i, out))
			return 0;
	}
	return -ENOENT;
}

/*
 * glibc, nptl/descr.h: struct pthread.specific_1stblock[32] of { uintptr_t seq; void *data; }
 * stands at 0x310. The same from 2.31 to 2.43; nothing promises it, so the result is checked
 * against the interpreter's threads.
 */
int tls_pthread_key_offset(uint32_t key, int64_t *offset)
{
	if (key >= 32)
		return -ERANGE;
	*offset = 0x310 + 16 * (int64_t)key + 8;
	return 0;
}

/*
 * glibc, sysdeps/x86_64/nptl/tls.h: tcbhead_t.dtv is the second word; an entry is { void *val; void
 * *to_free; }.
 */
int tls_dynamic_address(pid_t pid, uint64_t thread_pointer, uint64_t module, uint64_t offset,
			uint64_t *addr)
{
	uint64_t dtv, generation, slots, block;
	int ret;

	ret = remote_read_u64(pid, thread_pointer + 8, &dtv);
	if (!ret && (!dtv || module == 0 || module > 65536))
		ret = -EAGAIN;
	/* dtv[-1] is the number of entries there is room for, dtv[0] the generation. */
	if (!ret)
		ret = remote_read_u64(pid, dtv - 16, &slots);
	if (!ret)
		ret = remote_read_u64(pid, dtv, &generation);
	if (!ret && module > slots)
		ret = -EAGAIN;
	if (!ret)
		ret = remote_read_u64(pid, dtv + 16 * module, &block);
	if (ret)
		return ret;
	if (block == 0 || block == UINT64_MAX) /* TLS_DTV_UNALLOCATED */
		return -EAGAIN;
	*addr = block + offset;
	return 0;
}
#endif
