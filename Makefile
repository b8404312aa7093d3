# The verbs. `make` alone prints them.

CARGO  := board/cargo.sh
TARGET := $(or $(CARGO_TARGET_DIR),target)
ARGS   ?=
DECKS  ?= sixty_pages
MINUTES ?= 5
EVERY  ?= 20
IMAGE  ?= $(TARGET)/card/estrade.img
ROOMS  := $(TARGET)/rooms
# Other systems are made as root: their files are root's.
SUDO   := $(shell [ "$$(id -u)" -eq 0 ] || echo sudo)

.PHONY: help setup build demo test two-screens virtual-board soak box deb image boot-test flash rooms check pictures bench bench-gate train-gate clean

help: ## print these lines
	@echo "make VERB, where VERB is one of:"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 14

setup: ## install what is missing of the packages and the Rust toolchain (root or sudo)
	@board/setup.sh rust build run

build: setup ## build the program and the plug-in for gst-launch-1.0, as they are shipped
	$(CARGO) build --release --locked --package estrade --package gst-plugin-estrade

demo: build ## a whole conference on this machine: a bridge, four rooms, one web page (ARGS="--help" for more)
	@$(TARGET)/release/estrade demo $(ARGS)

test: ## run the whole suite: unit tests, simulation, real rooms, a real Chromium
	@echo "== packages"
	@board/setup.sh rust build run bridge test flash
	@tests/axe/get.sh $(TARGET)
	@echo "== build"
	@# Programs and tests in one go: apart, many dependencies would be built twice, with the tests' features and without.
	$(CARGO) build --workspace --locked --lib --bins --tests --examples
	@echo "== tests"
	G_DEBUG=fatal_warnings $(CARGO) test --workspace --locked --no-fail-fast

two-screens: setup ## the second screen on a card with two outputs, in a virtual machine of this machine's files (amd64)
	@board/setup.sh vm
	$(CARGO) build --locked --package pipelines --example two_screens
	/usr/bin/python3 tests/two-screens/run.py $(TARGET)/debug/examples/two_screens $(TARGET)/two-screens

virtual-board: build ## the box's units on virtual hardware: buttons, lights, camera, pulled plugs (amd64; ARGS="--cuts 3", ARGS="--help")
	@board/setup.sh vm image
	/usr/bin/python3 tests/virtual-board/run.py $(TARGET)/release/estrade $(TARGET)/virtual-board $(ARGS)

soak: build ## a box that loses camera, microphone and bridge in turn must not grow (MINUTES=5 EVERY=20); figures and plot in target/soak
	/usr/bin/python3 tests/soak/run.py $(TARGET)/release/estrade $(TARGET)/soak --minutes $(MINUTES) --every $(EVERY)

box: ## the program for a Raspberry Pi (arm64), compiled with Debian's packages alone; runs its pure tests emulated
	@board/setup.sh image foreign
	$(SUDO) /usr/bin/python3 board/image/make.py box $(TARGET)/card

deb: ## Debian packages of program, box and bridge, for amd64 and arm64, in target/card/packages
	@board/setup.sh image foreign
	$(SUDO) /usr/bin/python3 board/image/make.py deb $(TARGET)/card

image: ## the SD card's image for a Raspberry Pi 4 or 5, in target/card (FLAVOUR=debian or raspios, URL=https://your.site/estrade)
	@board/setup.sh image foreign
	$(SUDO) /usr/bin/python3 board/image/make.py image $(TARGET)/card $(if $(FLAVOUR),--flavour $(FLAVOUR)) $(if $(URL),--url $(URL))

boot-test: build image ## the card in an emulated machine: starts, joins, takes updates, gives bad ones up (ARGS="--only start", ARGS="--help")
	$(SUDO) /usr/bin/python3 tests/card/run.py $(TARGET)/release/estrade $(TARGET)/card $(TARGET)/boot-test $(ARGS)

rooms: ## one room.toml for each line of a table (CSV=rooms.csv, ARGS="--help")
	@/usr/bin/python3 board/image/rooms.py $(CSV) $(ROOMS) $(ARGS)

flash: ## write a card and read it back (DEVICE=/dev/sdX ROOM=brest, ARGS="--help")
	@board/setup.sh flash
	@/usr/bin/python3 board/image/flash.py $(DEVICE) --image $(IMAGE) --rooms $(ROOMS) $(if $(ROOM),--room "$(ROOM)") $(if $(SETTINGS),--settings "$(SETTINGS)") $(ARGS)

check: ## formatting, lints, documentation, licences and sources of the dependencies
	@echo "== packages"
	@board/setup.sh rust build rust-check check
	@echo "== shell scripts"
	shellcheck board/*.sh .ci/run .ci/deny tests/gate-bench/run.sh tests/axe/get.sh pipelines/gate/train/run.sh pipelines/gate/benches/instructions.sh tests/virtual-board/layer/usr/lib/board/* board/image/init board/image/overlay/usr/lib/estrade/*
	@echo "== formatting"
	$(CARGO) fmt --all --check
	@echo "== lints"
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@echo "== documentation"
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --document-private-items
	@echo "== licences, bans, sources"
	.ci/deny

pictures: build ## docs/pictures anew: what a television shows in each scene, the console, the page to print, the installer's guide (docs/guide)
	@board/setup.sh bridge test pictures
	rm -f docs/pictures/*.jpg docs/pictures/*.png
	mkdir -p docs/pictures
	$(TARGET)/release/estrade demo --headless --evening --size 1280x720 --save-pictures docs/pictures
	$(CARGO) test --locked --package estrade-tests --test browser the_chair_leads
	cp $(TARGET)/tmp/console-talk.png docs/pictures/console.png
	$(CARGO) test --locked --package estrade-tests --test own_page a_technician
	cp $(TARGET)/tmp/own-page.png docs/own-page.png
	/usr/bin/python3 board/image/leaflet.py docs
	$(CARGO) test --locked --package estrade-tests --test doctor beside_a_running_box
	cp $(TARGET)/tmp/diagnostics.jpg docs/pictures/diagnostics.jpg
	/usr/bin/python3 board/image/drawings.py docs/guide
	unshare --map-root-user --net /usr/bin/python3 tests/guide/run.py $(TARGET)/release/estrade docs/guide
	UPDATE_EXPECT=1 $(CARGO) test --locked --package room --lib mistake::
	cp target/mistakes/nome.png docs/guide/mistake.fr.png
	cp target/mistakes/in-english.png docs/guide/mistake.en.png

bench: build ## the slots' cost a packet, the gate's a hop, a deck's pages a second, the console's reaction, a box's memory, then two evenings of four rooms; figures in target/report.json and evening.json
	@board/setup.sh bench bridge decks test
	$(CARGO) bench --locked --package bridge --bench slots
	$(CARGO) bench --locked --package gate --bench hop
	pipelines/gate/benches/instructions.sh
	/usr/bin/python3 tests/decks/bench.py $(TARGET)/release/estrade $(TARGET)/decks $(DECKS)
	$(CARGO) bench --locked --package estrade-tests --bench figures
	$(TARGET)/release/estrade demo --headless --rooms 4 --seconds 60 --report $(TARGET)/report.json $(ARGS)
	@cat $(TARGET)/report.json
	$(TARGET)/release/estrade demo --headless --evening --report $(TARGET)/evening.json
	@cat $(TARGET)/evening.json

bench-gate: build ## the gate against its peers on synthesised scenes: table, plots (ARGS="--quick", ARGS="--help")
	@board/setup.sh gate-bench
	@tests/gate-bench/run.sh $(TARGET) $(ARGS)

train-gate: setup ## train the gate's network anew, on your recordings too (ARGS="--add DIR")
	@board/setup.sh gate-bench train-gate
	@pipelines/gate/train/run.sh $(TARGET) $(ARGS)

clean: ## remove what was built
	$(CARGO) clean
