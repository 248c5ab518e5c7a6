# SPDX-License-Identifier: BSD-3-Clause
"""Builds with sanitizers, runs every test, and ends with one line: N passed, N failed.

usage: tools/test [--only WORD]

  build   gcc with ASan and UBSan, clang without; a warning is an error
  checks  tools/checks: layers, licences, layout, headers, lengths, leftovers
  unit    tests/unit, one program for each module
  threads those of them in which threads meet, with TSan
  fuzz    tests/fuzz, 100,000 mutations of valid input each
  e2e     tests/e2e and tests/fault: SIPp and baresip against both planes (root)
  bench   bench/run --quick of calls: that they complete and are refused rightly, not how fast

--only takes every test whose name, such as unit/control/store or e2e/calls.answered, has WORD in
it. Exit code 1 if any failed.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

import jf_check

BUILD = os.path.join(jf_check.TOP, "build-test")
CLANG = os.path.join(jf_check.TOP, "build-clang")
THREADED = os.path.join(jf_check.TOP, "build-threads")
THREADS = ["control-ivr-http", "control-sip-loop", "control-store", "dataplane-recorder-disks",
           "dataplane-recorder-files", "engine-base-byte_ring", "engine-contract"]
THREADS_S = 120
BENCHES, BENCH_S = ["sip", "overload"], 240
CHECKS = ["layers", "spdx", "format", "headers", "lengths", "leftovers"]
SANITIZERS = {"ASAN_OPTIONS": "abort_on_error=0:detect_stack_use_after_return=1",
              "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
              "LSAN_OPTIONS": "suppressions=%s:print_suppressions=0"
                              % os.path.join(jf_check.TOP, "tests", "lsan.supp")}


class Results:
    def __init__(self, only):
        self.only = only
        self.passed = self.failed = 0
        self.failures = []

    def wanted(self, name):
        return self.only in name

    def add(self, name, good, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            self.failures.append(name)
        print("%s %s" % ("ok    " if good else "NOT OK", name), flush=True)
        if not good and detail.strip():
            print("".join("       | %s\n" % line for line in detail.strip().splitlines()[-40:]),
                  end="", flush=True)


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", cwd=jf_check.TOP, **more)
    return done.returncode, done.stdout


def build(folder, compiler, *options, targets=()):
    """Of all, or of the targets: 0 and nothing, or a code and what the tools said."""
    if not os.path.isfile(os.path.join(folder, "build.ninja")):
        code, said = run(["meson", "setup", folder, "--werror", *options],
                         env=dict(os.environ, CC=compiler))
        if code:
            return code, said
    code, said = run(["ninja", "-C", folder, "-j2", *targets])
    return code, "" if code == 0 else said


def test_builds(results):
    """The one that all others need is made in any case."""
    code, said = build(BUILD, "gcc", "-Db_sanitize=address,undefined", "-Db_lundef=false",
                       "--buildtype=debugoptimized")
    if code or results.wanted("build/gcc-sanitizers"):
        results.add("build/gcc-sanitizers", code == 0, said)
    if code == 0 and results.wanted("build/clang"):
        code_clang, said = build(CLANG, "clang-14", "--buildtype=debug")
        results.add("build/clang", code_clang == 0, said)
    return code == 0


def test_checks(results):
    for check in CHECKS:
        name = "checks/" + check
        if results.wanted(name):
            code, said = run([os.path.join(jf_check.TOP, "tools", "checks", check), BUILD])
            results.add(name, code == 0, said)


def meson_tests(results):
    """Meson runs them, two at a time; its log has what each said."""
    _, listed = run(["meson", "introspect", "--tests", BUILD])
    chosen = [t["name"] for t in json.loads(listed)
              if results.wanted("%s/%s" % (t["suite"][0].split(":")[-1],
                                           t["name"].removeprefix("fuzz/")))]
    if not chosen:
        return
    log = os.path.join(BUILD, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.unlink(log)
    run(["meson", "test", "-C", BUILD, "--no-rebuild", "--num-processes", "2",
         "--timeout-multiplier", "4", *chosen], env={**os.environ, **SANITIZERS})
    told = {}
    if os.path.exists(log):
        with open(log) as f:
            for line in f:
                one = json.loads(line)
                told[one["name"].split(" / ")[-1].split(":")[-1].strip()] = one
    for name in chosen:
        one = told.get(name, {})
        report(results, name if name.startswith("fuzz/") else "unit/" + name, one)


def report(results, name, one):
    """A program that prints TAP is as many tests as it says."""
    said = (one.get("stdout") or "") + (one.get("stderr") or "")
    lines = re.findall(r"^(ok|not ok) \d+ - (.*)$", one.get("stdout") or "", re.M)
    good = one.get("result") in ("OK", "EXPECTEDFAIL")
    if one.get("result") == "SKIP":
        print("skip   %s" % name, flush=True)
    elif lines:
        for verdict, test in lines:
            results.add("%s: %s" % (name, test), verdict == "ok", said)
        if not good and all(verdict == "ok" for verdict, _ in lines):
            results.add("%s: ends well" % name, False, said)
    else:
        results.add(name, good, said)


def test_threads(results):
    """Without random addresses: newer kernels use more bits of them than gcc 12's TSan knows. Nor
    does it know fences: readers of a slot, who look again, aren't its business."""
    programs = {"threads/" + t.replace("-", "/"): "tests/unit/test-" + t for t in THREADS}
    programs = {name: path for name, path in programs.items() if results.wanted(name)}
    if not programs:
        return
    code, said = build(THREADED, "gcc", "-Db_sanitize=thread", "-Db_lundef=false",
                       "-Dc_args=-Wno-tsan", "--buildtype=debugoptimized",
                       targets=programs.values())
    if code:
        results.add("build/gcc-threads", False, said)
        return
    for name, path in programs.items():
        try:
            code, said = run(["setarch", "-R", os.path.join(THREADED, path)], timeout=THREADS_S)
        except subprocess.TimeoutExpired as late:
            code, said = 1, "%d s were not enough\n%s" % (THREADS_S, late.stdout or "")
        results.add(name, code == 0, said)


def test_e2e(results):
    """tests/e2e/run prints TAP while it goes, so what it says is passed on as it comes."""
    runner = os.path.join(jf_check.TOP, "tests", "e2e", "run")
    if not os.path.exists(runner) or not ("e2e" in results.only or "e2e/" in results.only
                                          or not results.only or test_names_fit(runner, results)):
        return
    if os.geteuid():
        results.add("e2e: root is needed", False)
        return
    word = results.only.partition("e2e/")[2] if "e2e/" in results.only else \
        "" if results.only == "e2e" else results.only
    child = subprocess.Popen([runner, *(["--only", word] if word else [])], cwd=jf_check.TOP,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", env={**os.environ, "JF_BUILD": BUILD})
    said, count = [], 0
    for line in child.stdout:
        verdict = re.match(r"(ok|not ok) \d+ - (.*)", line)
        if verdict:
            results.add("e2e/" + verdict.group(2), verdict.group(1) == "ok", "".join(said))
            count += 1
            said = []
        else:
            said.append(line)
    if child.wait() not in (0, 1) or count == 0:
        results.add("e2e: runs to its end", False, "".join(said))


def test_benches(results):
    """Of the sanitizers' build, so what they measure means nothing, and is kept nowhere."""
    for bench in BENCHES:
        name = "bench/" + bench
        if not results.wanted(name):
            continue
        with tempfile.TemporaryDirectory() as out:
            try:
                code, said = run([os.path.join(jf_check.TOP, "bench", "run"), bench, "--quick",
                                  "--build", BUILD, "--out", out], timeout=BENCH_S,
                                 env={**os.environ, **SANITIZERS})
            except subprocess.TimeoutExpired as late:
                code, said = 1, "%d s were not enough\n%s" % (BENCH_S, late.stdout or "")
        results.add(name, code == 0, said)


def test_names_fit(runner, results):
    _, listed = run([runner, "--list"])
    return any(results.only in line for line in listed.splitlines())


def main():
    parser = argparse.ArgumentParser(prog="tools/test", usage=argparse.SUPPRESS,
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="tests with WORD in their name")
    options = parser.parse_args()
    results = Results(options.only)
    begun = time.monotonic()
    if test_builds(results):
        test_checks(results)
        meson_tests(results)
        test_threads(results)
        test_e2e(results)
        test_benches(results)
    print("")
    if results.passed + results.failed == 0:
        print("no test has \"%s\" in its name" % options.only)
    for name in results.failures:
        print("failed: " + name)
    print("%d s" % (time.monotonic() - begun))
    print("%d passed, %d failed" % (results.passed, results.failed))
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())
