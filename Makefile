# rkt - build, check and install; `make help` lists the targets
#
# One program is DIR/PROG.c; the other files of its directory, and lib/, are
# archives, from which each program takes what it uses.

PREFIX ?= /usr/local
BIN = bin
B = build
VERSION = 0.1.0

DIRS = aci-fetch aci-verify cas-store pod-prepare pod-netns pod-enter pod-gc
PROGS = aci-fetch/aci-discover aci-fetch/aci-fetch aci-fetch/aci-local \
	aci-fetch/aci-convert aci-fetch/aci-config \
	aci-verify/aci-verify aci-verify/aci-trust \
	cas-store/cas-store cas-store/cas-put cas-store/cas-check \
	cas-store/aci-make cas-store/aci-export \
	pod-prepare/pod-prepare pod-prepare/pod-list \
	pod-netns/pod-netns pod-netns/pod-metadata \
	pod-enter/pod-enter pod-enter/pod-root pod-enter/pod-init \
	pod-enter/pod-attach pod-enter/pod-logs pod-gc/pod-gc pod-gc/pod-stop
# Build-time only: writes system call filters as C headers.  Not by way of the
# archives: one of them is to include such a header.
MKFILTER = pod-prepare/mkfilter
MKFILTER_PARTS = pod-prepare/mkfilter pod-prepare/syscalls lib/alloc lib/bpf \
	lib/escape lib/num lib/prog

# The link lines are architecture: test/links.bats holds them to this.
LIBS_aci-discover = -lcurl -lgumbo
LIBS_aci-fetch = -lcurl -lcrypto -lpthread -lyaml
LIBS_aci-config = -lcurl
LIBS_aci-local = -larchive -lcrypto -lpthread
LIBS_aci-convert = -lcrypto -lpthread
LIBS_aci-verify = -lgpgme -lcrypto -lz -lpthread
LIBS_aci-trust = -lgpgme
LIBS_cas-put = -lcrypto -lisal -llzma -lbz2 -lzstd -lpthread
LIBS_cas-check = -lcrypto
LIBS_aci-make = -larchive $(LIBS_cas-put)
LIBS_aci-export = -larchive -lcrypto
LIBS_pod-prepare = -lseccomp -lcap
LIBS_pod-metadata = -lnettle
LIBS_mkfilter = -lseccomp
# On the warm path, or once a connection: no dynamic loader.
STATIC_PROGS = cas-store pod-prepare pod-list pod-netns pod-enter \
	pod-attach pod-logs pod-metadata

DEPS_BUILD = build-essential pkg-config libarchive-dev libbz2-dev libcap-dev \
	libcurl4-openssl-dev libgpgme-dev libgumbo-dev libisal-dev \
	libjansson-dev liblzma-dev libseccomp-dev libssl-dev libyaml-dev \
	libzstd-dev nettle-dev zlib1g-dev
DEPS_RUN = ca-certificates gnupg
DEPS_TEST = apache2-utils attr bats bsdextrautils bubblewrap buildah \
	busybox-static bzip2 clang clang-format containernetworking-plugins \
	cppcheck crun curl docker-registry e2fsprogs erofs-utils etcd-client \
	etcd-server expect gpgv iproute2 iptables jq libarchive-tools \
	libclang-rt-14-dev mandoc nftables nginx-light openssl podman procps \
	python3 qemu-system-x86 shellcheck skopeo strace systemd \
	systemd-container time umoci util-linux xxd xz-utils zstd

flag = $(if $(shell echo 'int x;' | $(CC) -Werror $(1) -c -x c - \
	-o /dev/null 2>&1),,$(1))
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wformat=2 \
	-Wwrite-strings -Wcast-qual -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wimplicit-fallthrough \
	-Wconversion -Wno-sign-conversion -Wswitch-enum -Wdate-time
WARN := $(WARN) $(foreach f,-Wlogical-op -Wduplicated-cond \
	-Wduplicated-branches -Wtrampolines -Wjump-misses-init,$(call flag,$(f)))
HARDEN := -fstack-protector-strong -fstack-clash-protection -fPIE -fno-common \
	-fno-strict-aliasing -fno-delete-null-pointer-checks \
	-fno-strict-overflow $(call flag,-fcf-protection=full) \
	$(call flag,-ftrivial-auto-var-init=zero)
FORTIFY = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LINK = -Wl,-z,relro,-z,now,-z,noexecstack,-z,defs -Wl,--as-needed
STATIC = -static-pie
CFLAGS ?= -O2 -g
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DRKT_VERSION='"$(VERSION)"' \
	-Ilib -I$(B)
ALL_CFLAGS = -std=gnu11 $(WARN) $(WERROR) $(HARDEN) $(FORTIFY) $(CFLAGS)

# make V=1 shows the whole of each command.
Q = $(if $(V),,@echo '  $(or $(filter %.c,$(firstword $^)),$@)' &&)

objects = $(patsubst %.c,$(B)/%.o,$(filter-out \
	$(PROGS:=.c) $(MKFILTER).c $(INIT_ONLY),$(wildcard $(1)/*.c)))
programs = $(addprefix $(BIN)/,$(notdir $(PROGS)))

all: $(programs) $(BIN)/rkt ## build the programs into bin/

define program
$(BIN)/$(notdir $(1)): $(B)/$(1).o $(B)/$(dir $(1))own.a $(B)/lib/own.a
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) $(if $(filter \
		$(STATIC_PROGS),$(notdir $(1))),$$(or $$(STATIC),-pie),-pie) \
		$$(LINK) -o $$@ $$^ $(LIBS_$(notdir $(1))) -ljansson
endef
$(foreach p,$(filter-out %/pod-init,$(PROGS)),$(eval $(call program,$(p))))

# Pid 1 of every pod: static, and no library, not even that of C.
INIT = bare plan pod-init sandbox say scribe
INIT_ONLY = $(patsubst %,pod-enter/%.c,bare sandbox say scribe)
INIT_CFLAGS = -std=gnu11 $(WARN) $(WERROR) $(HARDEN) $(CFLAGS) -ffreestanding \
	-fvisibility=hidden -mstack-protector-guard=global \
	-U_FORTIFY_SOURCE
$(B)/init/%.o: pod-enter/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(INIT_CFLAGS) -MMD -MP -c -o $@ $<
$(BIN)/pod-init: $(INIT:%=$(B)/init/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) $(INIT_CFLAGS) $(LDFLAGS) -nostdlib -static-pie \
		-Wl,-z,relro,-z,now,-z,noexecstack -o $@ $^

# Of the directory too: a file that is gone must leave its archive.
$(foreach d,lib $(DIRS),$(eval $(B)/$(d)/own.a: $(call objects,$(d)) $(d)))
$(B)/%/own.a:
	@mkdir -p $(@D) && rm -f $@
	@$(AR) rcs $@ $(filter %.o,$^)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
-include $(shell find $(B) -name '*.d' 2>/dev/null)

$(B)/mkfilter: $(MKFILTER_PARTS:%=$(B)/%.o)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -pie $(LINK) -o $@ $^ \
		$(LIBS_mkfilter)
$(B)/%-filter.h: $(B)/mkfilter
	$< $* > $@.new && mv $@.new $@
$(B)/pod-enter/seccomp.o: $(B)/default-filter.h
$(B)/lib/confine.o: $(B)/confine-filter.h

# The commands of rkt are the sections of its help.
COMMANDS = s/@VERSION@/$(VERSION)/;s/@COMMANDS@/$(shell sed -n 's/^@ //p' \
	man/help.txt)/
$(BIN)/rkt: rkt.sh man/help.txt $(B)/rkt.bash Makefile
	@mkdir -p $(@D)
	$(Q)sed -e '/^@HELP@$$/{r man/help.txt' -e 'd}' \
		-e '/^@COMPLETION@$$/{r $(B)/rkt.bash' -e 'd}' $< | \
		sed '$(COMMANDS)' > $@.new
	@chmod 755 $@.new && mv $@.new $@
$(B)/rkt.bash: completions/rkt.bash man/help.txt Makefile
	@mkdir -p $(@D)
	@sed '$(COMMANDS)' $< > $@

deps: ## install what building, running and testing need (Debian)
	@missing=$$(for p in $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST); do \
		dpkg-query -Wf '$${db:Status-Status}\n' $$p 2>/dev/null | \
		grep -qx installed || echo $$p; done); \
	test -z "$$missing" || { export DEBIAN_FRONTEND=noninteractive; \
		apt-get -q update && apt-get -qy --no-install-recommends \
		install $$missing; }

JOBS = $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$(shell nproc))
demo: deps ## a signed etcd image, from its name to a running pod
	@$(MAKE) --no-print-directory $(JOBS) all
	@test/demo

check: deps ## build and run every test
	@$(MAKE) --no-print-directory $(JOBS) all unit
	@test/run

UNITS = $(patsubst test/unit/%.c,$(B)/unit/%,$(wildcard test/unit/*.c))
unit: $(UNITS)
$(B)/unit/%: test/unit/%.c $(foreach d,$(DIRS) lib,$(B)/$(d)/own.a)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(addprefix -I,$(DIRS)) -MMD -MP \
		$(LDFLAGS) -pie $(LINK) -o $@ $(filter %.c %.a,$^) $(UNIT_LIBS) \
		-ljansson
UNIT_LIBS = -larchive -lcurl -lyaml -lseccomp -lcap -lgumbo -lcrypto -lisal \
	-llzma -lbz2 -lzstd

# Pid 1 is static, which ASan cannot be: UBSan alone, which traps.
ASAN = BIN=build/asan/bin FORTIFY= STATIC=
UBSAN_TRAP = -fsanitize=undefined -fsanitize-undefined-trap-on-error
asan: deps ## the same tests on a build with ASan and UBSan
	@$(MAKE) --no-print-directory $(ASAN) B=build/asan/init CFLAGS='-O1 -g $(UBSAN_TRAP)' \
		build/asan/bin/pod-init
	@$(MAKE) --no-print-directory $(JOBS) $(ASAN) B=build/asan -o build/asan/bin/pod-init \
		CFLAGS='-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=all' all unit
	@RKT_LIMIT=1200 RKT_BIN=$(CURDIR)/build/asan/bin \
		RKT_BUILD=$(CURDIR)/build/asan test/run

# Each parser that reads what a stranger wrote; crashes land in build/fuzz.
SECONDS ?= 30
FUZZ = B=build/fuzz CC=clang FORTIFY= CFLAGS='-O1 -g -fno-sanitize-recover=all \
	-fsanitize=fuzzer-no-link,address,undefined'
FUZZERS = $(patsubst test/fuzz/%.c,build/fuzz/%,$(wildcard test/fuzz/*.c))
fuzz: deps ## fuzz each parser for SECONDS (30)
	$(MAKE) $(FUZZ) $(FUZZERS)
	@for f in $(FUZZERS); do mkdir -p $$f.corpus; \
		$$f -max_total_time=$(SECONDS) -timeout=5 \
		-print_final_stats=1 -artifact_prefix=$$f- $$f.corpus \
		test/fuzz/corpus/$${f##*/} > $$f.log 2>&1 || \
		{ tail -n 40 $$f.log; exit 1; }; \
		echo $$f: $$(sed -n 's/^stat::number_of_//p' $$f.log); done
STORE_FUZZERS = $(addprefix build/fuzz/,entries merge tar)
$(STORE_FUZZERS): CPPFLAGS += -iquote cas-store
$(STORE_FUZZERS): build/fuzz/cas-store/own.a
FETCH_FUZZERS = $(addprefix build/fuzz/,auth html oci registry)
$(FETCH_FUZZERS): CPPFLAGS += -iquote aci-fetch
$(FETCH_FUZZERS): build/fuzz/aci-fetch/own.a
$(FETCH_FUZZERS): FUZZ_LIBS = -lcurl -lgumbo -lcrypto -lyaml
build/fuzz/request: CPPFLAGS += -iquote pod-netns
build/fuzz/request: build/fuzz/pod-netns/own.a
build/fuzz/armor: CPPFLAGS += -iquote aci-verify
build/fuzz/armor: build/fuzz/aci-verify/own.a
build/fuzz/armor: FUZZ_LIBS = -lcrypto -lz
build/fuzz/%: test/fuzz/%.c build/fuzz/lib/own.a
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ \
		-Wl,--start-group $^ -Wl,--end-group $(FUZZ_LIBS) -ljansson

crash: deps ## kill the store's tools at each call, cut their power, all at once
	@$(MAKE) --no-print-directory $(JOBS) all
	test/world test/crash/run steps --jobs $$(nproc)
	test/world test/crash/run kills 1000
	test/world test/crash/run cuts 300
	test/world test/crash/together --kind erofs 150
	test/world test/crash/together --kind tree 150

hostile: deps ## hostile archives: a table, bombs, 10,000 made by chance
	@$(MAKE) --no-print-directory $(JOBS) all
	test/world test/archives/run named
	test/world test/archives/run bombs
	test/world test/archives/run generated 10000

newcomer: deps ## the README, line by line, on a Debian of its own
	test/newcomer

soak: deps ## 1,000 pods with networks, 64 at a time, 50 of them killed
	@$(MAKE) --no-print-directory $(JOBS) all
	test/world test/soak

vm: deps ## limits of cgroup v2 and users of a pod on Debian's own kernel
	@$(MAKE) --no-print-directory $(JOBS) all
	test/vm

lint: deps ## both compilers, analysers, shellcheck, mandoc, clang-format
	test/lint

bench: deps ## measure against peers, as ratios of one run
	@$(MAKE) --no-print-directory $(JOBS) all
	@test/bench/run

install: all ## install below $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(programs) $(BIN)/rkt $(DESTDIR)$(PREFIX)/bin
	for n in 1 5 7 8; do for m in */*.$$n; do test ! -f $$m || \
		install -Dm 644 -t $(DESTDIR)$(PREFIX)/share/man/man$$n $$m || \
		exit; done; done
	install -Dm 644 $(B)/rkt.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rkt
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	cd systemd && for u in *.service *.socket *.timer; do \
		sed 's,@bindir@,$(PREFIX)/bin,' "$$u" \
		> $(DESTDIR)$(PREFIX)/lib/systemd/system/"$$u" || exit; done
	for d in tmpfiles sysusers; do install -Dm 644 systemd/$$d.conf \
		$(DESTDIR)$(PREFIX)/lib/$$d.d/rkt.conf || exit; done

sizes: ## lines by directory and the longest files
	@for d in lib $(DIRS); do printf '%6d %s\n' \
		$$(cat $$d/*.[ch] | wc -l) $$d; done
	@wc -l rkt.sh Makefile */*.[ch] | sort -rn | sed -n 2,12p

clean: ## remove what the build made
	rm -rf bin build

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

.DELETE_ON_ERROR:
.PHONY: all deps demo check unit asan fuzz crash hostile newcomer soak lint vm \
	bench install sizes clean help
.SECONDARY:
