// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_arm.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "py/py_codes.h"
#include "py/py_version.h"

#define OB_TYPE 8
#define OB_SIZE 16
#define CODE_UNITS_MAX (1u << 20)
#define QUICKENING_INITIAL_WARMUP \
	(-8) /* QUICKENING_INITIAL_WARMUP_VALUE (Include/internal/pycore_code.h) */
/* _co_monitoring follows _co_instrumentation_version (Include/cpython/code.h). */
#define MONITORING_BEHIND 8
/*
 * A version that code never has: what _PyMonitoring_SetLocalEvents() uses to force an update (3.12)
 * ...
 */
#define VERSION_STALE UINT64_MAX
/*
 * ... and the step it goes back by since 3.13, where the lower bits are others'
 * (MONITORING_VERSION_INCREMENT).
 */
#define VERSION_STEP 0x100

/* Armed code in 3.8 to 3.10 has been counted so many times more than its co_opcache_flag says. */
#define RUNS_ARMED (1LL << 31)

/* The fixed part of a code object and its RESUME, both just read. */
struct code_now {
	uint8_t head[PY_CODE_SIZE_MAX];
	uint8_t unit[2];
};

static uint64_t word(const struct code_now *c, unsigned int offset)
{
	uint64_t v;

	memcpy(&v, c->head + offset, sizeof(v));
	return v;
}

/* Nothing is read of a memory whose process is gone, or has replaced it by an exec. */
static int read_memory(const struct py_arm_target *t, uint64_t addr, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = pread(t->mem, buf, len, (off_t)addr);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EIO ? -EFAULT : -errno;
	return n == 0 ? -ESRCH : (size_t)n == len ? 0 : -EFAULT;
}

/*
 * Is it a code object that somebody holds a reference to?  The count is 32 bits wide since 3.14,
 * with an overflow count and flags behind it; before, no object has 2^32 references. Of one that
 * was freed nothing is left of the count, or an allocator's pointer stands there.
 */
static int look_at_code(const struct py_arm_target *t, uint64_t code, uint64_t instr, uint64_t name,
			struct code_now *c)
{
	const struct py_layout *l = t->layout;
	bool has_resume = l->code_adaptive != PY_NO_FIELD;
	uint32_t traceable = 0;
	uint64_t refs;
	int ret;

	if (py_code_size(l) > sizeof(c->head) || code % 8)
		return -ESTALE;
	ret = read_memory(t, code, c->head, py_code_size(l));
	if (!ret && has_resume)
		ret = read_memory(t, instr, c->unit, sizeof(c->unit));
	if (ret)
		return ret == -ESRCH ? ret : -ESTALE;
	refs = word(c, 0);
	if (!(uint32_t)refs || (refs >> 32 & 0xffff) || word(c, OB_TYPE) != t->type_code ||
	    (name && word(c, l->code_name) != name))
		return -ESTALE;
	if (!has_resume)
		return 0;
	memcpy(&traceable, c->head + l->code_firsttraceable, sizeof(traceable));
	if (instr != code + l->code_adaptive + 2ULL * traceable ||
	    c->unit[1] & l->resume_location_mask)
		return -ESTALE;
	return 0;
}

/* Should we have been stopped since the thread was last known to be held, it may have gone on. */
static int write_held(const struct py_arm_target *t, uint64_t addr, const void *buf, size_t len)
{
	ssize_t n;

	if (!t->held(t->ctx))
		return -ETIMEDOUT;
	do {
		n = pwrite(t->mem, buf, len, (off_t)addr);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EIO ? -EFAULT : -errno;
	return n == 0 ? -ESRCH : (size_t)n == len ? 0 : -EFAULT;
}

static int set_opcode(const struct py_arm_target *t, uint64_t instr, const struct code_now *c,
		      uint8_t opcode)
{
	const uint8_t unit[2] = { opcode, c->unit[1] };

	return write_held(t, instr, unit, sizeof(unit));
}

/* 3.8 to 3.10 */
static int set_runs(const struct py_arm_target *t, uint64_t code, const struct code_now *c,
		    bool armed)
{
	unsigned int offset = t->layout->code_opcache;
	bool has_cache = word(c, offset - 8) != 0; /* co_opcache stands before the count */
	int32_t runs;

	memcpy(&runs, c->head + offset, sizeof(runs));
	if (runs > PY_OPCACHE_MIN_RUNS)
		return -ESTALE;
	if ((runs < 0) == armed)
		return 0;
	/*
	 * What was counted meanwhile stays counted, but not so far that the code would seem to have
	 * its cache.
	 */
	if (armed)
		runs = (int32_t)(runs - RUNS_ARMED);
	else
		runs = (int32_t)MIN(runs + RUNS_ARMED, PY_OPCACHE_MIN_RUNS - !has_cache);
	return write_held(t, code + offset, &runs, sizeof(runs));
}

/* 3.11 */
static int stop_warming(const struct py_arm_target *t, uint64_t code, uint64_t instr,
			const struct code_now *c)
{
	const struct py_layout *l = t->layout;
	const int16_t never = 0;
	int16_t warmup;
	int ret = 0;

	memcpy(&warmup, c->head + l->code_warmup, sizeof(warmup));
	if (warmup)
		ret = write_held(t, code + l->code_warmup, &never, sizeof(never));
	if (!ret && c->unit[0] == l->resume_hot)
		ret = set_opcode(t, instr, c, l->resume_cold);
	return ret;
}

/*
 * Has code been warm?  Then it has instructions that no compiler makes, but for code that nothing
 * would be made of.
 */
static int was_warm(const struct py_arm_target *t, uint64_t code, bool *out)
{
	const uint64_t *base = py_version_get(t->layout->minor)->base_opcodes;
	uint64_t at = code + t->layout->code_adaptive, left;
	uint8_t units[256][2];

	*out = false;
	if (read_memory(t, code + OB_SIZE, &left, sizeof(left)) || left > CODE_UNITS_MAX)
		return -ESTALE;
	while (left) {
		size_t n = MIN(left, ARRAY_SIZE(units));

		if (read_memory(t, at, units, n * sizeof(units[0])))
			return -ESTALE;
		for (size_t i = 0; i < n; i++)
			*out |= !(base[units[i][0] / 64] >> units[i][0] % 64 & 1);
		at += n * sizeof(units[0]);
		left -= n;
	}
	return 0;
}

/*
 * 3.11.  Code that has been warm must not warm again: _PyCode_Quicken() takes what it finds for the
 * compiler's.
 */
static int warm_again(const struct py_arm_target *t, uint64_t code, uint64_t instr,
		      const struct code_now *c)
{
	const struct py_layout *l = t->layout;
	const int16_t initial = QUICKENING_INITIAL_WARMUP;
	int16_t warmup;
	bool warm;
	int ret;

	memcpy(&warmup, c->head + l->code_warmup, sizeof(warmup));
	if (warmup || c->unit[0] != l->resume_cold)
		return -ESTALE;
	ret = was_warm(t, code, &warm);
	if (ret)
		return ret;
	return warm ? set_opcode(t, instr, c, l->resume_hot)
		    : write_held(t, code + l->code_warmup, &initial, sizeof(initial));
}

/* Makes sure that _co_monitoring is there by the time that the instrumented instruction runs. */
static int make_stale(const struct py_arm_target *t, uint64_t code, const struct code_now *c)
{
	const struct py_layout *l = t->layout;
	uint64_t version = word(c, l->code_instr_version);

	if (word(c, l->code_instr_version + MONITORING_BEHIND))
		return 0;
	version = l->features & PY_F_MONITORING_TSTATE ? version - VERSION_STEP : VERSION_STALE;
	return write_held(t, code + l->code_instr_version, &version, sizeof(version));
}

int py_arm(const struct py_arm_target *t, uint64_t code, uint64_t instr, uint64_t name)
{
	const struct py_layout *l = t->layout;
	struct code_now c;
	int ret;

	ret = look_at_code(t, code, instr, name, &c);
	if (ret)
		return ret;
	if (l->code_opcache != PY_NO_FIELD)
		return set_runs(t, code, &c, true);
	if (c.unit[0] != l->resume_cold && (!l->resume_hot || c.unit[0] != l->resume_hot))
		return c.unit[0] == l->resume_armed ? 0 : -ESTALE;
	if (l->code_warmup != PY_NO_FIELD)
		return stop_warming(t, code, instr, &c);
	ret = make_stale(t, code, &c);
	return ret ? ret : set_opcode(t, instr, &c, l->resume_armed);
}

/*
 * What the monitoring of the code has for PY_START: _PyCoMonitoringData begins with local_monitors
 * and active_monitors, one byte an event, PY_START the first (Include/cpython/code.h).
 */
static bool is_monitored(const struct py_arm_target *t, const struct code_now *c)
{
	uint64_t data = word(c, t->layout->code_instr_version + MONITORING_BEHIND);
	uint8_t monitors[32];

	if (!data)
		return false;
	if (read_memory(t, data, monitors, sizeof(monitors)))
		return true;
	for (size_t i = 0; i < sizeof(monitors); i++) {
		if (monitors[i])
			return true;
	}
	return false;
}

int py_disarm(const struct py_arm_target *t, uint64_t code, uint64_t instr, uint64_t name)
{
	const struct py_layout *l = t->layout;
	struct code_now c;
	int ret;

	ret = look_at_code(t, code, instr, name, &c);
	if (ret)
		return ret;
	if (l->code_opcache != PY_NO_FIELD)
		return set_runs(t, code, &c, false);
	if (l->code_warmup != PY_NO_FIELD)
		return warm_again(t, code, instr, &c);
	if (c.unit[0] != l->resume_armed || is_monitored(t, &c))
		return -ESTALE;
	ret = set_opcode(t, instr, &c, l->resume_cold);
	/* Another tracer may be there: 3.12 would not notice the function. */
	if (!ret && !l->resume_hot) {
		const uint64_t version = VERSION_STALE;

		ret = write_held(t, code + l->code_instr_version, &version, sizeof(version));
	}
	return ret;
}

bool py_arm_wants_new_version(const struct py_arm_target *t)
{
	return t->layout->code_instr_version != PY_NO_FIELD && !t->layout->resume_hot;
}

int py_arm_new_version(const struct py_arm_target *t)
{
	uint64_t at = t->interp + t->layout->interp_monitoring_version, version;
	int ret;

	if (!py_arm_wants_new_version(t))
		return 0;
	ret = read_memory(t, at, &version, sizeof(version));
	/* New code has version 0: from now on it is not the current one. */
	if (ret || version)
		return ret;
	version = 2;
	return write_held(t, at, &version, sizeof(version));
}

int py_arm_is_alone(const struct py_arm_target *t, uint64_t interpreters, uint16_t next,
		    bool *alone)
{
	uint64_t first, second;
	int ret = t->interp ? 0 : -EAGAIN;

	if (!ret)
		ret = read_memory(t, interpreters, &first, sizeof(first));
	if (!ret)
		ret = read_memory(t, t->interp + next, &second, sizeof(second));
	/* A new one comes first; who makes it has the GIL of another one. */
	if (!ret)
		*alone = first == t->interp && !second;
	return ret;
}
