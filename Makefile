# Every target is one or two visible commands. Debug builds are not used: the numerics need -O.
cache    := $(or $(BENCH_CACHE),$(HOME)/.cache/bench)
LIBTORCH ?= $(cache)/libtorch/2.11.0/torch
build    := swift build -c release
test     := swift test -c release --disable-testable-imports --disable-xctest
export LIBTORCH

.PHONY: setup build demo test dist wheel format lint clean

setup:
	@env -u LIBTORCH LIBTORCH="$(filter-out $(cache)/%,$(LIBTORCH))" scripts/setup.sh

build: setup
	$(build)

demo: build
	.build/release/bench disentangle --dataset scenes3d --preset quick --out runs \
	  --model beta-vae,multi-beta-vae,multi-beta-vae-diag

test: setup
	$(test)

dist: build
	scripts/dist.sh

wheel: dist
	python3 scripts/make_wheel.py dist/bench dist

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests Examples

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Examples
	python3 scripts/check_imports.py --self-test
	python3 scripts/check_imports.py
	python3 scripts/check_goldens.py

clean:
	rm -rf .build dist runs
