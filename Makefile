# SPDX-License-Identifier: Apache-2.0
#
# Thin: each target is one script, or one command of the build.

.PHONY: run build test bench bench-learn lint fuzz setup format clean

run:           ## install, build, read the sample captures, print the observation report
	scripts/setup run
	scripts/build release yagura
	scripts/run

build:         ## the release binary, build/release/yagura
	scripts/setup run
	scripts/build release yagura

test:          ## install, build and run every test
	scripts/test

bench:         ## measure the packet road (minutes)
	scripts/setup bench
	scripts/bench

bench-learn:   ## measure the learning parts on public data, write docs/learning.md (an hour)
	scripts/setup bench
	scripts/bench-learn

lint:          ## formatting, the rules of the house, clang-tidy over everything
	scripts/setup test
	scripts/lint

fuzz:          ## every fuzz target for ten minutes; FUZZ_SECONDS=n for another time
	scripts/setup test
	scripts/fuzz $(or $(FUZZ_SECONDS),600)

setup:         ## every dependency of all of the above
	scripts/setup run test bench

format:        ## lay out the C++ sources
	scripts/setup test
	scripts/lint --fix

clean:         ## remove what was built (the data folder stays)
	rm -rf build
