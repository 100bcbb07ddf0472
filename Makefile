# SPDX-License-Identifier: GPL-2.0-only
# make            build/phrude-trace, build/phrude-console
# make check      guards, unit tests (no root)   make check-root  everything, on live interpreters (root)
# make bench      paired timings (root)      make fuzz        fuzz targets, FUZZ_SECONDS each
# make install    honours PREFIX, SYSCONFDIR, UNITDIR and DESTDIR
# make deb        build/deb/*.deb: phrude-trace and phrude-console
# V=1 shows commands, DEBUG=1 builds without optimisation.

BUILD ?= build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(shell command -v bpftool || echo /usr/sbin/bpftool)
PKG_CONFIG ?= pkg-config
VERSION := 0.1.0
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
ARCH := $(shell uname -m | sed 's/x86_64/x86/;s/aarch64/arm64/')

MODULES := base elf proc kube transfer kubeapi py event counters yaml input rule alert redact request sink probe limit pipeline metrics control relay select config suggest suite kern policy attach launch targets guard intake report reload engine doctor bugreport cli
# Everything that needs neither the BPF skeleton nor root: what unit tests link.
PURE_MODULES := base elf proc kube transfer kubeapi py event counters yaml input rule alert redact request sink probe limit pipeline metrics control relay select config suggest

LIBS := libbpf libelf zlib yaml-0.1 libcjson capstone libpcre2-8 nettle
# The console alone: the tracer has none of them.
CONSOLE_LIBS := libmicrohttpd sqlite3 libsodium libpq
# Loaded when they are needed (user/base/library.h): only their headers are needed here.
LATE_LIBS := libcurl rdkafka
.DEFAULT_GOAL := all
include scripts/deps.mk

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef \
	-Wpointer-arith -Wno-unused-parameter -Werror
CPPFLAGS += -I. -Iuser -I$(BUILD) -D_GNU_SOURCE -DPHRUDE_VERSION='"$(VERSION)"'
OPT := $(if $(DEBUG),-O0,-O2) -g
CFLAGS_ALL = -std=gnu11 $(OPT) $(WARN) -fstack-protector-strong -MMD -MP $(LIBS_CFLAGS) $(CFLAGS)
# Of the programs: what the linker fills in is read-only when main() begins; calls of the C library whose bounds are known are held to them.
HARDEN := -pie -Wl,-z,relro,-z,now
FORTIFY := $(if $(DEBUG),,-D_FORTIFY_SOURCE=2)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

Q := $(if $(V),,@)
msg = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$(2))';)

# Of the others, what unit tests link by itself; in place of the kernel's side they have tests/unit/no_kernel.c.
UNIT_PARTS := $(addprefix user/,attach/attach.c bugreport/archive.c bugreport/machine.c cli/cli_parse.c kern/holds.c policy/plan.c policy/policy.c policy/watched.c launch/stops.c \
	targets/identities.c targets/processes.c targets/targets_refused.c guard/cost_book.c)

CONSOLE_SRCS := $(sort $(wildcard user/console/*.c))
# All but its main().
CONSOLE_PARTS := $(filter-out user/console/main.c,$(CONSOLE_SRCS))
CONSOLE_OBJS := $(CONSOLE_SRCS:%.c=$(BUILD)/%.o)

SRCS := $(foreach m,$(MODULES),$(sort $(wildcard user/$(m)/*.c)))
PURE_SRCS := $(foreach m,$(PURE_MODULES),$(sort $(wildcard user/$(m)/*.c)))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
PURE_OBJS := $(PURE_SRCS:%.c=$(BUILD)/%.o)
SAN_OBJS := $(patsubst %.c,$(BUILD)/san/%.o,$(PURE_SRCS) $(UNIT_PARTS) $(CONSOLE_PARTS) tests/unit/no_kernel.c)
FUZZ_OBJS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(PURE_SRCS) $(CONSOLE_PARTS))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/*/test_*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzzers/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))

# maps.bpf.c first: bpftool's linker (7.1) loses the offset of a map whose extern it meets before the map itself.
BPF_SRCS := bpf/maps.bpf.c $(filter-out bpf/maps.bpf.c,$(sort $(wildcard bpf/*.bpf.c)))
BPF_OBJS := $(BPF_SRCS:%.c=$(BUILD)/%.o)
SKEL := $(BUILD)/tracer.skel.h
# clang -target bpf does not look where a multiarch distribution keeps asm/*.h.
BPF_SYSINC := $(shell $(CLANG) -print-search-dirs >/dev/null 2>&1 && \
	$(CLANG) -v -E - </dev/null 2>&1 | sed -n '/<...> search starts here:/,/End of search/{s| \(/.*\)|-idirafter \1|p}')
BPF_CFLAGS := -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_$(ARCH) -D__bpf__ -Wall -Wextra -Werror \
	-Wno-unused-parameter -Wno-missing-declarations -Wno-compare-distinct-pointer-types \
	-I. -Ibpf -Ivmlinux/$(ARCH) $(BPF_SYSINC) -MMD -MP

.PHONY: all budget record check check-root bench fuzz install deb clean demo format FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/phrude-trace $(BUILD)/phrude-console

$(BUILD)/phrude-trace: $(OBJS) | deps
	$(call msg,LINK,$@)
	$(Q)$(CC) $(OPT) $(HARDEN) $(LDFLAGS) -o $@ $^ $(LIBS_LDLIBS)

# What of the tracer's parts the console needs, the linker takes.
$(BUILD)/libpure.a: $(PURE_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/phrude-console: $(CONSOLE_OBJS) $(BUILD)/libpure.a | deps
	$(call msg,LINK,$@)
	$(Q)$(CC) $(OPT) $(HARDEN) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(CONSOLE_LDLIBS) $(LIBS_LDLIBS)

$(BUILD)/user/%.o: user/%.c | deps
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(FORTIFY) $(CFLAGS_ALL) -c -o $@ $<

# It says which commit it is of; tests say "unknown", which does not have them linked anew after each.
$(BUILD)/user/metrics/metrics_text.o: CPPFLAGS += -DPHRUDE_COMMIT='"$(COMMIT)"'
$(BUILD)/user/metrics/metrics_text.o: $(BUILD)/commit

$(BUILD)/commit: FORCE
	$(Q)mkdir -p $(@D); echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' > $@

# It holds the driver of the test cases.
$(BUILD)/user/suite/suite.o: user/suite/test_driver.py

# It holds the pages.
$(BUILD)/user/console/assets.o $(BUILD)/san/user/console/assets.o $(BUILD)/fuzz/user/console/assets.o: $(wildcard user/console/pages/*)

# Only these see the skeleton.
$(patsubst %.c,$(BUILD)/%.o,$(wildcard user/kern/*.c user/attach/*.c)): $(SKEL)

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c | deps
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(BUILD)/tracer.bpf.o: $(BPF_OBJS)
	$(call msg,BPFLINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(SKEL): $(BUILD)/tracer.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name tracer > $@

$(BUILD)/san/%.o: %.c
	$(call msg,CC-SAN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -O1 $(SANITIZE) -c -o $@ $<

$(BUILD)/san/libphrude.a: $(SAN_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/tests/console/% $(BUILD)/fuzzers/fuzz_console_%: PART_LDLIBS = $(CONSOLE_LDLIBS)

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/san/libphrude.a
	$(call msg,TEST-CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS_ALL) -O1 $(SANITIZE) $(WRAP) -o $@ $< $(BUILD)/san/libphrude.a $(PART_LDLIBS) $(LIBS_LDLIBS)

# Where memory runs out when the test says so.
$(BUILD)/tests/sink/test_spool_sink: WRAP := -Wl,--wrap=written_of

$(BUILD)/fuzz/%.o: %.c
	$(call msg,CC-FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(CFLAGS_ALL) -O1 $(SANITIZE) -fsanitize=fuzzer-no-link -c -o $@ $<

$(BUILD)/fuzz/libphrude.a: $(FUZZ_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/fuzzers/%: tests/fuzz/%.c $(BUILD)/fuzz/libphrude.a
	$(call msg,FUZZ-CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(CFLAGS_ALL) -O1 $(SANITIZE) -fsanitize=fuzzer -o $@ $< $(BUILD)/fuzz/libphrude.a $(PART_LDLIBS) $(LIBS_LDLIBS)

# Records captures for the unit tests, see tests/record/record.py.
record: $(BUILD)/record

$(BUILD)/record: tests/record/record.c $(filter-out $(BUILD)/user/cli/%,$(OBJS)) | deps
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS) -Wl,--wrap=intake_read -o $@ $< $(filter %.o,$^) $(LIBS_LDLIBS)

unit-tests: $(UNIT_TESTS) $(BUILD)/record
fuzzers: $(FUZZERS)

check: all $(UNIT_TESTS)
	$(Q)tests/run.sh check

check-root: all $(UNIT_TESTS) $(FUZZERS)
	$(Q)tests/run.sh all

# After a look at why a program has grown.
budget: $(BUILD)/tracer.bpf.o
	$(Q)BUILD='$(BUILD)' tests/guards/budget.py renew

fuzz: $(FUZZERS)
	$(Q)tests/run.sh fuzz

bench: all
	$(Q)PHRUDE_TRACE='$(abspath $(BUILD)/phrude-trace)' scripts/bench.sh $(BENCH_ARGS)

demo: all
	$(Q)PHRUDE_TRACE='$(abspath $(BUILD)/phrude-trace)' scripts/demo.sh

install: all
	DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' SYSCONFDIR='$(SYSCONFDIR)' UNITDIR='$(UNITDIR)' BUILD='$(BUILD)' VERSION='$(VERSION)' scripts/install.sh

deb: all
	$(Q)BUILD='$(BUILD)' scripts/deb.sh

clean:
	rm -rf $(BUILD)

format:
	clang-format -i $(filter-out vmlinux/%,$(shell git ls-files '*.c' '*.h'))

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)
