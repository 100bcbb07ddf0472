// SPDX-License-Identifier: GPL-2.0-only
/* All that is done with an interpreter's file, on any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "elf/elf_file.h"
#include "elf/elf_function.h"
#include "elf/elf_usdt.h"
#include "py/dispatch.h"
#include "py/insn.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "py/py_methods.h"
#include "py/py_tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_tables(const struct elf_file *ef)
{
	struct elf_reloc *relocs;
	struct elf_usdt *usdt;
	struct elf_range range;
	uint64_t addr, length;
	char hex[41];
	size_t count;

	elf_file_symbol(ef, "_PyRuntime", &addr, &length);
	elf_file_symbol(ef, "f", &addr, NULL);
	elf_file_soname(ef);
	elf_file_needs(ef, "libpython3.");
	elf_file_build_id(ef, hex, sizeof(hex));
	elf_file_section(ef, ".text", &range);
	elf_file_exports(ef, "PyInit_");
	elf_file_load_bias(ef, 0x7f0000000000, 0x1000, true, &addr);
	if (!elf_file_relative_relocs(ef, &relocs, &count))
		free(relocs);
	if (!elf_usdt_find(ef, "python", "function__entry", &usdt, &count))
		free(usdt);
}

static void use_methods(const struct elf_file *ef)
{
	struct py_claim claims[] = { { .addr = 0x401000, .name = "f" }, { .addr = 0x401000 } };
	uint64_t addr;

	py_claims_check(ef, claims, ARRAY_SIZE(claims));
	py_method_in_file(ef, "f", &addr);
}

static void use_code(struct elf_file *ef, unsigned int minor)
{
	struct py_interp interp = { .path = (char[]){ "python" }, .elf = ef };
	struct py_image img = { .elf = ef, .path = interp.path };
	struct py_site sites[PY_SITES_MAX];
	struct py_identity id;
	struct tls_ref ref;
	const uint8_t *code;
	uint64_t addr;
	struct err err;
	size_t n, len;

	py_identify_file(&img, &id, &err);
	interp.minor = minor;
	interp.facts = py_version_get(minor);
	py_sites_usdt(&interp, sites, &n, &err);
	py_sites_frame(&interp, sites, &n, &err);
	py_sites_call(&interp, sites, &n, &err);
	if (elf_file_symbol(ef, "f", &addr, NULL))
		return;
	code = elf_file_bytes(ef, addr, 1, &len);
	if (code)
		tls_decode(code, len, addr, &ref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* aligned, and ending where the input does */
	struct elf_file *ef;

	if (size)
		memcpy(copy, data, size);
	if (!elf_file_open_mem(copy, size, &ef, NULL)) {
		use_tables(ef);
		use_methods(ef);
		use_code(ef, PY_MINOR_MIN + data[size - 1] % (PY_MINOR_MAX - PY_MINOR_MIN + 1));
		elf_file_close(ef);
	}
	free(copy);
	return 0;
}
