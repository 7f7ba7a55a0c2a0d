# The two commands of the project are `make demo` and `make test`; `make help` lists the others.
# One profile (target/release) and one selection of packages (the root; xtask on its own) serve the library, its tests and
# every program: another selection has other features, and cargo would compile the library again at each change of them.

BUILD := build
TARGET := $(or $(CARGO_TARGET_DIR),target)
CARGO ?= cargo
JOBS  ?= $(shell nproc)

.PHONY: help demo test test-full test-rust abi test-programs test-interop test-python wheel check build bench bench-full build-bench bench-part bench-large bench-view bench-python bench-scale trust trust-full trust-peers setup-demo setup-test setup-bench clean
MAKEFLAGS += --no-print-directory

.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## Lists the targets.
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: setup-demo build ## Encodes real STEP files, prints a table, lists an archive, opens one in xarray (DEMO_SMALL=1: small parts only).
	@DEMO_SMALL=$(DEMO_SMALL) scripts/demo.sh

test: setup-test test-rust check abi test-programs test-interop test-python ## Runs every test: Rust, header, C, C++, C#, CAD, Python clients, Python package.
	@echo "make test: passed"

setup-demo:
	@scripts/setup.sh --demo

setup-test:
	@scripts/setup.sh --test

setup-bench:
	@scripts/setup.sh --bench

test-rust: ## Runs the Rust tests.
	$(CARGO) test --release --locked

check: ## Checks format, lints, what is generated (header, typed functions, symbols, pages of unsafe code and licences).
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	$(CARGO) build --release --locked --lib
	$(CARGO) run --release --locked --package xtask -- all $(TARGET)/release/libdatastorage.so --check

abi: setup-test ## Checks the C interface (abidiff), symbols, headers, comments, unsafe code, dependencies, and that each check can fail.
	$(CARGO) build --release --locked --lib
	scripts/abi.sh

build: ## Builds the library and the C, C++, C# and CAD programs into build/.
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) --parallel $(JOBS)

test-programs: build ## Runs the C, C++, C# and CAD programs and the consumer project (ctest).
	ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS)

test-interop: ## Runs the Python clients against the built library.
	scripts/interop.sh

bench: build-bench ## Measures the library beside its peers and a floor, in a short form; writes target/bench.
	.venv/bench/bin/python benches/peers/bench.py

bench-full: build-bench ## As bench, with large arrays, 200 parts, and the disk too.
	.venv/bench/bin/python benches/peers/bench.py --full
	$(CARGO) bench --locked --bench explore

# The native rows are a package of their own: built with the library, they would change its features.
build-bench: setup-bench
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release
	cmake --build $(BUILD) --parallel $(JOBS) --target cad_encode
	$(CARGO) build --release --locked --package bench-native

test-python: ## Runs the tests of the Python package: types, suite, a wheel in an empty environment.
	$(CARGO) build --release --locked --lib
	scripts/python.sh

trust: setup-test ## Tries what docs/reliability.md promises, in a short form; writes target/trust/report.json.
	trust/build.sh
	$(TARGET)/checked/trust

trust-full: ## As trust, with the full counts and every tool that watches memory: some hours.
	@scripts/setup.sh --full
	trust/build.sh --full
	$(TARGET)/checked/trust --full

trust-peers: setup-bench ## Does the same kills and alterations to other libraries; writes target/trust/peers.json.
	$(CARGO) build --release --locked --lib
	.venv/bench/bin/python trust/peers/run.py

wheel: ## Builds a Python wheel for glibc 2.17 and later into dist/.
	bindings/python/build_wheel.sh

bench-part: setup-test ## Measures saving, compressing and closing a part of 60 arrays, beside plain zstd.
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DDATASTORAGE_BUILD_BENCHES=ON
	cmake --build $(BUILD) --parallel $(JOBS) --target part_bench
	$(BUILD)/part_bench

bench-python: setup-test ## Measures what the Python package adds to a call of the C ABI.
	$(CARGO) build --release --locked --lib
	DATASTORAGE_LIBRARY=$(abspath $(TARGET))/release/libdatastorage.so PYTHONPATH=bindings/python/src \
		.venv/python/bin/python bindings/python/bench.py

bench-scale: setup-test build ## Measures merging 100 to 100 000 parts, made of the STEP files in DATASTORAGE_STEP (../shared/data/mfcad).
	rm -rf target/bench/scale && mkdir -p target/bench/scale/encoded
	$(BUILD)/examples/cad/cad_encode --profile portable target/bench/scale/encoded $(or $(DATASTORAGE_STEP),../shared/data/mfcad) >/dev/null
	DATASTORAGE_LIBRARY=$(abspath $(TARGET))/release/libdatastorage.so PYTHONPATH=bindings/python/src \
		.venv/python/bin/python benches/scale.py target/bench/scale/encoded target/bench/scale/work
	rm -rf target/bench/scale

bench-large: setup-test ## Measures arrays of 256 and 128 MiB, beside parallel zstd and one file.
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DDATASTORAGE_BUILD_BENCHES=ON
	cmake --build $(BUILD) --parallel $(JOBS) --target large_bench
	$(BUILD)/large_bench

bench-view: setup-test ## Measures viewing a raw array of 64 MiB beside loading it.
	cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DDATASTORAGE_BUILD_BENCHES=ON
	cmake --build $(BUILD) --parallel $(JOBS) --target view_bench
	$(BUILD)/view_bench

test-full: ## As test, and the slow extras: sanitizers, the report in Chromium, a second CAD kernel, Windows under Wine.
	@scripts/setup.sh --full
	$(MAKE) test
	scripts/test_full.sh
	$(MAKE) test-windows

clean: ## Removes what was built (target/, build/, .venv/).
	rm -rf $(BUILD) $(TARGET) .venv dist

-include make/windows.mk
