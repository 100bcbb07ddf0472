// SPDX-License-Identifier: GPL-2.0-only
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_load(const char *const *names, const char *package,
		 const struct library_symbol *symbols, size_t count, struct err *err)
{
	void *handle = NULL;

	for (size_t i = 0; names[i] && !handle; i++)
		handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle)
		return err_set(err, -ENOENT, "it needs the library %s: install the package %s (%s)",
			       names[0], package, dlerror());
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(handle, symbols[i].name);

		if (!function)
			return err_set(err, -ENOENT, "%s is too old: it has no %s", names[0],
				       symbols[i].name);
		memcpy(symbols[i].at, &function, sizeof(function));
	}
	return 0;
}
