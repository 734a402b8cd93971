PYTHON ?= python3
BIN := .venv/bin
MAKEFLAGS += --no-builtin-rules

# The virtual environment brings its own ROS: what is sourced outside must not leak in.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH ROS_DISTRO _ROS_WHEELS_BOOTSTRAP_COMPLETE

# Most of what is installed is never imported; the rest is compiled when it is. pip wants "no" for --no-compile.
export PIP_NO_COMPILE := no

RECIPE := pyproject.toml setup.py $(wildcard build_backend/*.py)
SOURCES := CMakeLists.txt package.xml $(shell find frankmocap_ros launch config msg scripts -not -path '*__pycache__*')
CHECKED := frankmocap_ros build_backend setup.py launch $(wildcard scripts/*) test benchmarks docs
SOURCE ?= auto
PIP := $(BIN)/python -m pip --disable-pip-version-check
JAZZY := .venv/jazzy
LENT := .venv/dev .venv/torch .venv/robot .venv/hands .venv/viewer .venv/recordings
TESTED := $(LENT) .venv/docs .venv/mediapipe/made
ON_JAZZY := PATH="$(CURDIR)/$(JAZZY)/bin:$(CURDIR)/$(BIN):$$PATH" FRANKMOCAP_ROS_WHEELS=jazzy

.PHONY: demo demo-robot demo-view test test-unit test-nodes test-timed test-some test-distribution test-jazzy check docs format generate bench install clean

demo: install  ## joints of a person, from a webcam or a photograph
	$(BIN)/frankmocap_ros demo --duration 15

demo-robot: install .venv/robot  ## a simulated robot that mirrors a person: SOURCE=FILE or a webcam
	$(BIN)/frankmocap_ros demo --robot --source $(SOURCE) --duration 30

demo-view: install .venv/robot .venv/viewer  ## the same in a browser, at http://127.0.0.1:8080
	$(BIN)/frankmocap_ros demo --robot --view --source $(SOURCE)

test:  ## every test, against the installed package; ARGS="test/unit -k gate" for some of them
ifdef ARGS
	@$(MAKE) --no-print-directory test-some
else
	@$(MAKE) --no-print-directory --keep-going test-unit test-nodes test-timed test-distribution
endif

# One core each, for two at a time. What takes a minute comes first: at the end one of the two would wait for it.
test-unit: install $(TESTED)  ## the tests without nodes
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 test/install test/unit test/docs

# Nodes wait most of the time, so that two cores have work for three processes.
test-nodes: install $(TESTED)  ## the tests with nodes
	$(BIN)/pytest --numprocesses 3 --dist worksteal -m 'not timed' test/ros

# The demos come last: the ages that they find are judged where the machine has been idle for a minute.
test-timed: install $(TESTED)  ## the tests with nodes whose times count: one after the other
	$(BIN)/pytest -m timed test/ros/test_[!d]*.py test/ros/test_d*.py

test-some: install $(TESTED)
	$(BIN)/pytest $(ARGS)

# Without the working directory on the path, which -m alone would put there: sources have no messages.
PYTEST_ON_JAZZY = if [ -s .venv/build-requirements.txt ]; then \
		$(ON_JAZZY) $(JAZZY)/bin/python -I -m pytest $(1); \
	else echo "not tested on ROS 2 Jazzy: its wheels do not fit this machine, or there is no C++ compiler"; fi

ON_KILTED_ONLY := test/install/test_install.py::test_pip_on_a_bare_machine

# Only files in which a test is marked are read, to save time.
test-distribution: $(JAZZY)/package  ## the tests marked `distribution`, on ROS 2 Jazzy
	@$(call PYTEST_ON_JAZZY,-m distribution $$(grep -l mark.distribution test/ros/*.py test/install/*.py))

test-jazzy: $(JAZZY)/package  ## all tests with nodes, of the launch files and of a workspace, on ROS 2 Jazzy
	@$(call PYTEST_ON_JAZZY,test/ros test/install --deselect $(ON_KILTED_ONLY))

check: install docs .venv/dev .venv/torch .venv/robot .venv/viewer  ## style, types and documentation
	$(BIN)/ruff check $(CHECKED)
	$(BIN)/ruff format --check $(CHECKED)
	$(BIN)/mypy

docs: .venv/docs  ## the documentation, into build/docs; warnings are errors
	$(BIN)/sphinx-build -W --keep-going -q docs/source build/docs
	@echo "documentation: build/docs/index.html"

format: .venv/dev  ## rewrite the sources in the project's style
	$(BIN)/ruff check --fix $(CHECKED)
	$(BIN)/ruff format $(CHECKED)
	git ls-files -co --exclude-standard '*.py' | xargs $(BIN)/python test/support/license_headers.py

generate: install  ## rewrite what follows from the declared settings
	$(BIN)/python -m frankmocap_ros.cli.generate
	@$(MAKE) --no-print-directory install

MEASURE := $(BIN)/frankmocap_ros bench --source $(SOURCE) --assets standin --write benchmarks/RESULTS.md
FASTEST := --estimators frankmocap blazepose --engines openvino --precisions int8 --presets balanced

bench: install .venv/torch  ## what measures speed, into benchmarks/RESULTS.md; a video of a person: SOURCE=FILE
	$(MEASURE) --precisions int8 auto fp32 --engines openvino torch auto
	$(MEASURE) $(FASTEST) --cameras 2
	$(MEASURE) $(FASTEST) --ros
	@for file in benchmarks/*.py; do echo "$$file"; $(BIN)/python "$$file" || exit 1; done

install: .venv/package .venv/models  ## the package, built and installed into .venv

clean:
	rm -rf .venv build install log dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/dependencies: $(RECIPE)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "needs Python 3.10 or later: try make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PYTHON) build_backend/ros_wheels.py build > .venv/build-requirements.txt
	$(PIP) install --quiet 'setuptools>=77,<80' -r .venv/build-requirements.txt
	$(PIP) install --quiet --no-build-isolation '.[ros]'
	touch $@ .venv/installed

# Extras of the package that is installed by now, so that it is not built once more for them. They are apart from
# the others: the demo does not need them, and they are large. One version of torch, for the same tests everywhere.
.venv/torch: .venv/dependencies
	$(PIP) install --quiet 'torch==2.13.0'
	$(PIP) install --quiet 'frankmocap_ros[torch,openvino,onnxruntime,int8]'
	touch $@

.venv/dev: .venv/dependencies
	$(PIP) install --quiet 'frankmocap_ros[dev]'
	touch $@

.venv/robot: .venv/dependencies
	$(PIP) install --quiet 'frankmocap_ros[robot]'
	touch $@

.venv/hands: .venv/torch .venv/robot
	$(PIP) install --quiet 'frankmocap_ros[hands]'
	touch $@

.venv/viewer: .venv/dependencies
	$(PIP) install --quiet 'frankmocap_ros[viewer]'
	touch $@

.venv/recordings: .venv/dependencies
	$(PIP) install --quiet 'frankmocap_ros[recordings,cluster]'
	touch $@

.venv/docs: .venv/dependencies
	$(PIP) install --quiet 'frankmocap_ros[docs]'
	touch $@

# MediaPipe itself, which results are compared with: apart from everything else, because it wants an old NumPy. Where
# there is no wheel for this Python, answers of it that are kept in the repository take its place.
.venv/mediapipe/made: .venv/dependencies
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))' && \
		$(BIN)/python -m venv .venv/mediapipe && \
		.venv/mediapipe/bin/python -m pip --disable-pip-version-check install --quiet 'mediapipe==0.10.21' || \
		{ echo "no mediapipe for this machine: its kept answers are compared with"; rm -rf .venv/mediapipe; mkdir .venv/mediapipe; }
	touch $@

# Networks are kept in the user's cache: once for every checkout.
.venv/models: .venv/package
	$(BIN)/frankmocap_ros models fetch
	touch $@

.venv/package: .venv/dependencies $(SOURCES)
	if test ! -e .venv/installed || test -n "$$(find $(SOURCES) -newer .venv/installed)"; then $(PIP) install --quiet --no-deps --no-build-isolation .; fi
	touch $@ .venv/installed

# The same package on ROS 2 Jazzy: its wheels, and behind them all other packages (pip too), lent by .venv.
$(JAZZY)/dependencies: $(RECIPE) test/support/lent_packages.py $(LENT)
	test -x $(JAZZY)/bin/python || $(BIN)/python -m venv --without-pip $(JAZZY)
	$(BIN)/python test/support/lent_packages.py $(JAZZY)/lent
	echo "import site; site.addsitedir('$(CURDIR)/$(JAZZY)/lent')" > "$$($(JAZZY)/bin/python -c \
		'import sysconfig; print(sysconfig.get_path("purelib"))')/lent.pth"
	$(ON_JAZZY) $(BIN)/python build_backend/ros_wheels.py run > $(JAZZY)/ros.txt
	$(ON_JAZZY) $(BIN)/python build_backend/ros_wheels.py build >> $(JAZZY)/ros.txt
	$(JAZZY)/bin/python -m pip --disable-pip-version-check install --quiet -r $(JAZZY)/ros.txt
	touch $@

$(JAZZY)/package: $(JAZZY)/dependencies .venv/package
	$(ON_JAZZY) $(JAZZY)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation .
	touch $@
