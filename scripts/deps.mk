# SPDX-License-Identifier: GPL-2.0-only
# What the build needs, checked once with one clear sentence. LIBS and CONSOLE_LIBS are set by the Makefile.

LIBS_MIN_libbpf := 1.1.0
LIBS_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS) $(CONSOLE_LIBS) $(LATE_LIBS) 2>/dev/null)
LIBS_LDLIBS := $(shell $(PKG_CONFIG) --libs $(LIBS) 2>/dev/null) -lpthread -lm
CONSOLE_LDLIBS := $(shell $(PKG_CONFIG) --libs $(CONSOLE_LIBS) 2>/dev/null)

.PHONY: deps
deps:
	@PKG_CONFIG='$(PKG_CONFIG)' CC='$(CC)' CLANG='$(CLANG)' BPFTOOL='$(BPFTOOL)' scripts/check-deps.sh
