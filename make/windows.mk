# Windows without Windows: cross-builds the DLL and its tests with MinGW and runs them under Wine.
#
#   make windows-setup   installs the Rust target, MinGW and Wine where they are missing (Debian, Ubuntu)
#   make windows-build   the DLL and its import library, in target/x86_64-pc-windows-gnu/release
#   make test-windows    the Rust unit tests, then the C and C++ tests against the DLL
#
# WINDOWS_RUST_TESTS narrows the Rust tests (`make test-windows WINDOWS_RUST_TESTS=fs::`).

WINDOWS_TRIPLE := x86_64-pc-windows-gnu
WINDOWS_GCC := x86_64-w64-mingw32-gcc-posix
WINDOWS_GXX := x86_64-w64-mingw32-g++-posix
WINDOWS_DIR := build/windows
WINDOWS_OUT := $(or $(CARGO_TARGET_DIR),target)/$(WINDOWS_TRIPLE)/release
WINDOWS_RUST_TESTS ?=
WINDOWS_RUN := scripts/windows-run.sh
# The programs bring MinGW's runtime with them; the DLL is found beside the shim.
WINDOWS_FLAGS := -O1 -g -Wall -Wextra -Iinclude -static

WINDOWS_C := $(patsubst tests/c/%.c,%,$(shell grep -lE '^ *int main' tests/c/*.c 2>/dev/null))
WINDOWS_CPP := $(patsubst tests/cpp/%.cpp,%,$(shell grep -lE '^ *int main' tests/cpp/*.cpp 2>/dev/null))
WINDOWS_PROGRAMS := $(WINDOWS_C:%=$(WINDOWS_DIR)/c/%.exe) $(WINDOWS_CPP:%=$(WINDOWS_DIR)/cpp/%.exe)
WINDOWS_HEADERS := $(wildcard include/*.h include/*.hpp tests/c/*.h tests/cpp/*.hpp)

WINDOWS_ENV := DS_WINDOWS_DIR="$(CURDIR)/$(WINDOWS_DIR)" \
	CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$(WINDOWS_GCC) \
	CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER="$(CURDIR)/$(WINDOWS_RUN)" \
	CC_x86_64_pc_windows_gnu=$(WINDOWS_GCC) CXX_x86_64_pc_windows_gnu=$(WINDOWS_GXX) \
	AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar

.PHONY: windows-setup windows-build windows-shim test-windows test-windows-rust test-windows-c

windows-setup: ## Installs MinGW, Wine and the Rust target where they are missing.
	scripts/windows-setup.sh

windows-shim: $(WINDOWS_DIR)/bcryptprimitives.dll

$(WINDOWS_DIR)/bcryptprimitives.dll: scripts/windows-bcryptprimitives.c
	mkdir -p $(@D)
	$(WINDOWS_GCC) -O2 -Wall -Wextra -shared -o $@ $< -ladvapi32

# cargo knows what is out of date.
windows-build:
	$(WINDOWS_ENV) cargo build --release --target $(WINDOWS_TRIPLE) --lib
	mkdir -p $(WINDOWS_DIR)
	cp -p $(WINDOWS_OUT)/datastorage.dll $(WINDOWS_DIR)/datastorage.dll

$(WINDOWS_DIR)/c/%.exe: tests/c/%.c $(WINDOWS_HEADERS) | windows-build
	mkdir -p $(@D)
	$(WINDOWS_GCC) -std=c11 $(WINDOWS_FLAGS) -Itests/c -o $@ $< $(WINDOWS_OUT)/libdatastorage.dll.a

$(WINDOWS_DIR)/cpp/%.exe: tests/cpp/%.cpp $(WINDOWS_HEADERS) | windows-build
	mkdir -p $(@D)
	$(WINDOWS_GXX) -std=c++17 $(WINDOWS_FLAGS) -Itests/cpp -o $@ $< $(WINDOWS_OUT)/libdatastorage.dll.a

test-windows: windows-setup test-windows-rust test-windows-c ## Cross-builds for Windows and runs the Rust, C and C++ tests under Wine.

test-windows-rust: windows-shim
	$(WINDOWS_ENV) cargo test --release --target $(WINDOWS_TRIPLE) --lib $(WINDOWS_RUST_TESTS)

# Each program runs in a directory of its own, with a limit so that none hangs the whole.
test-windows-c: windows-build windows-shim $(WINDOWS_PROGRAMS)
	@set -e; for program in $(WINDOWS_PROGRAMS); do \
		echo "== $$program"; \
		rm -rf "$$program.run"; mkdir -p "$$program.run"; \
		(cd "$$program.run" && DS_WINDOWS_DIR="$(CURDIR)/$(WINDOWS_DIR)" \
			timeout 300 "$(CURDIR)/$(WINDOWS_RUN)" "$(CURDIR)/$$program") \
			|| { echo "$$program failed under Wine" >&2; exit 1; }; \
	done
	@echo "windows: $(words $(WINDOWS_PROGRAMS)) C and C++ programs passed under Wine"
