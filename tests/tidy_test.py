#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants each fault that scripts/tidy looks for in a sound little tree and sees it found."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "scripts" / "tidy"
loader = importlib.machinery.SourceFileLoader("tidy", str(SCRIPT))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"

HEADER = LICENCE + "//\n// What it is.\n#pragma once\n"


def header(room):
    return f"{HEADER}namespace {inside(room)} {{}}\n"


def source(room, *includes):
    lines = "".join(f"#include {name}\n" for name in includes)
    return f"{LICENCE}{lines}namespace {inside(room)} {{}}\n"


def inside(room):
    return "yagura" if room == "base" else f"yagura::{room}"


SOUND = {
    "CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\nroom(base)\nroom(capture base)\n"
                      "room(store base)\nroom(telescope capture base)\nroom(fusion base)\n",
    "src/base/time.h": header("base"),
    "src/base/time.cc": source("base", '"base/time.h"'),
    "src/capture/packet.h": header("capture") + '#include "base/time.h"\n',
    "src/capture/packet.cc": source("capture", '"capture/packet.h"', "<pcap/pcap.h>"),
    "src/store/block.h": header("store"),
    "src/store/block.cc": source("store", '"store/block.h"'),
    "src/telescope/rows.h": header("telescope") + '#include "capture/packet.h"\n',
    "src/telescope/rows.cc": source("telescope", '"telescope/rows.h"'),
    "src/fusion/link.cc": source("fusion", '"base/time.h"'),
    "README.md": "# Title\n\n[itself](#title) [code](src/base/time.h) `[no](link)`\n",
    "scripts/thing": "#!/bin/bash\n# SPDX-License-Identifier: Apache-2.0\n",
    "Makefile": "# SPDX-License-Identifier: Apache-2.0\nall:\n\tscripts/thing\n",
}


class TidyTest(unittest.TestCase):
    def check(self, changes):
        """Faults and warnings of the sound tree with these files changed or (None) removed."""
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**SOUND, **changes}.items():
                if text is not None:
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    data = text if isinstance(text, bytes) else text.encode()
                    (root / name).write_bytes(data)
            faults, warnings, _ = tidy.check_tree(root)
        return faults, warnings

    def assert_found(self, rule, file, changes, line=None):
        faults, _ = self.check(changes)
        found = [fault for fault in faults if fault.rule == rule and fault.file == file]
        self.assertTrue(found, f"no {rule} fault in {file} among {[str(f) for f in faults]}")
        self.assertEqual(len(faults), len(found), [str(fault) for fault in faults])
        if line is not None:
            self.assertEqual(found[0].line, line)

    def with_line(self, line, file="src/base/time.cc"):
        return {file: SOUND[file] + line + "\n"}

    def test_a_sound_tree_has_no_fault(self):
        faults, warnings = self.check({})
        self.assertEqual([], [str(fault) for fault in faults + warnings])

    def test_a_room_that_includes_a_floor_above_is_found(self):
        self.assert_found("layers", "src/base/time.cc",
                          self.with_line('#include "capture/packet.h"'), line=4)

    def test_a_room_that_includes_its_own_floor_is_found(self):
        self.assert_found("layers", "src/capture/packet.cc",
                          self.with_line('#include "store/block.h"', "src/capture/packet.cc"))

    def test_a_system_that_includes_another_is_found(self):
        self.assert_found("layers", "src/fusion/link.cc",
                          self.with_line('#include "telescope/rows.h"', "src/fusion/link.cc"))

    def test_a_room_below_that_is_not_declared_is_found(self):
        self.assert_found("layers", "src/telescope/rows.cc",
                          self.with_line('#include "store/block.h"', "src/telescope/rows.cc"))

    def test_a_room_without_a_floor_is_found(self):
        self.assert_found("layers", "CMakeLists.txt",
                          {"CMakeLists.txt": SOUND["CMakeLists.txt"] + "room(cellar)\n"})

    def test_a_folder_that_is_no_room_is_found(self):
        faults, _ = self.check({"src/attic/old.cc": LICENCE})
        self.assertIn(("src/attic", "dead"), [(fault.file, fault.rule) for fault in faults])

    def test_an_include_of_nothing_is_found(self):
        self.assert_found("include", "src/base/time.cc", self.with_line('#include "base/tme.h"'))

    def test_a_source_whose_own_header_is_not_first_is_found(self):
        text = source("base", "<string>", '"base/time.h"')
        self.assert_found("include", "src/base/time.cc", {"src/base/time.cc": text}, line=2)

    def test_heavy_headers_in_a_header_are_found(self):
        for heavy in ["boost/asio.hpp", "Eigen/Dense", "CLI/CLI.hpp", "toml++/toml.h", "simdjson.h",
                      "sqlite3.h", "pcap/pcap.h", "pcap.h", "curl/curl.h", "ares.h", "maxminddb.h",
                      "nlohmann/json.hpp", "zstd.h", "sodium.h", "spdlog/spdlog.h"]:
            with self.subTest(heavy):
                self.assert_found("heavy", "src/base/time.h",
                                  self.with_line(f"#include <{heavy}>", "src/base/time.h"))

    def test_a_line_past_the_limit_is_found_and_one_at_it_is_not(self):
        self.assert_found("length", "src/base/time.cc", self.with_line("// " + "x" * 98), line=4)
        self.assertEqual([], self.check(self.with_line("// " + "x" * 97))[0])

    def test_unfinished_work_is_found(self):
        for words in ["TO" "DO: later", "FIX" "ME", "XX" "X", "a HA" "CK", "a place" "holder",
                      "good enough for " "now", "not " "implemented", "a dum" "my", "a st" "ub"]:
            with self.subTest(words):
                self.assert_found("unfinished", "src/base/time.cc", self.with_line("// " + words))

    def test_the_word_of_sql_is_allowed_in_the_store(self):
        changes = self.with_line("// the {name:Type} place" "holders", "src/store/block.cc")
        self.assertEqual([], self.check(changes)[0])

    def test_names_that_say_nothing_are_found(self):
        for name in ["utils", "time_util", "helper", "manager", "common"]:
            with self.subTest(name):
                self.assert_found("name", f"src/base/{name}.cc", {f"src/base/{name}.cc": LICENCE})

    def test_a_name_that_is_not_snake_case_is_found(self):
        self.assert_found("name", "src/base/TimeZone.cc", {"src/base/TimeZone.cc": LICENCE})

    def test_a_missing_licence_line_is_found(self):
        for name in ["src/base/x.cc", "schema/001_x.sql", "tests/x.py", "cmake/x.cmake"]:
            with self.subTest(name):
                self.assert_found("licence", name, {name: "\n"})
        self.assert_found("licence", "scripts/thing", {"scripts/thing": "#!/bin/bash\n"})

    def test_control_characters_tabs_and_trailing_spaces_are_found(self):
        self.assert_found("control", "src/base/time.cc", self.with_line("// \x07"))
        self.assert_found("control", "README.md", {"README.md": SOUND["README.md"] + "a\rb\n"})
        self.assert_found("tab", "src/base/time.cc", self.with_line("\t// x"))
        self.assert_found("space", "README.md", {"README.md": SOUND["README.md"] + "a \n"})

    def test_a_table_may_hold_tabs(self):
        self.assertEqual([], self.check({"data/ports.tsv": "22\tssh\t\n"})[0])

    def test_text_that_is_not_utf8_or_does_not_end_is_found(self):
        self.assert_found("text", "docs/a.md", {"docs/a.md": b"caf\xe9\n"})
        self.assert_found("text", "docs/a.md", {"docs/a.md": "no end"})

    def test_a_source_that_nothing_builds_is_found(self):
        self.assert_found("dead", "tools/lost.cc", {"tools/lost.cc": LICENCE})

    def test_a_header_that_nothing_includes_is_found(self):
        self.assert_found("dead", "src/base/lost.h", {"src/base/lost.h": HEADER})

    def test_a_script_that_nothing_mentions_is_found(self):
        self.assert_found("dead", "scripts/lost", {"scripts/lost": SOUND["scripts/thing"]})

    def test_a_header_without_guard_or_with_a_using_is_found(self):
        self.assert_found("header", "src/base/time.h", {"src/base/time.h": LICENCE})
        self.assert_found("header", "src/base/time.h",
                          self.with_line("using namespace std;", "src/base/time.h"))

    def test_broken_links_are_found(self):
        for link in ["docs/none.md", "#nothing", "docs/page.md#nothing"]:
            with self.subTest(link):
                changes = self.with_line(f"[a]({link})", "README.md")
                changes["docs/page.md"] = "# Page\n"
                self.assert_found("link", "README.md", changes, line=4)

    def test_links_out_and_inside_code_are_left_alone(self):
        text = "[a](https://example.org/x)\n```\n[b](none)\n```\n`[c](none)`"
        self.assertEqual([], self.check(self.with_line(text, "README.md"))[0])

    def test_machine_paths_and_registries_are_found(self):
        for text in ["/wo" "rk/main", "see /ho" "me/me/x", "deb.deb" "ian.org",
                     "registry.npm" "js"]:
            with self.subTest(text):
                self.assert_found("machine", "src/base/time.cc", self.with_line("// " + text))

    def test_a_lock_file_with_addresses_is_found(self):
        self.assert_found("machine", "package-lock.json",
                          {"package-lock.json": '{\n"resolved": "x"\n}\n'})

    def test_clocks_and_chance_below_app_are_found(self):
        for code in ["auto t = std::chrono::system_clock::now();", "srand(time(nullptr));",
                     "std::random_device d;", 'getenv("HOME");']:
            with self.subTest(code):
                self.assert_found("repeatable", "src/telescope/rows.cc",
                                  self.with_line(code, "src/telescope/rows.cc"), line=4)

    def test_what_the_style_forbids_in_code_is_found(self):
        for rule, code in [("macro", "#define TWICE(x) x x"), ("threads", "std::thread t;"),
                           ("threads", "std::shared_mutex m;"), ("errors", "assert(x);"),
                           ("errors", "throw std::runtime_error(x);"),
                           ("comment", "/// A thing."), ("comment", "// @param x a thing")]:
            with self.subTest(code):
                self.assert_found(rule, "src/base/time.cc", self.with_line(code), line=4)
                test = {"src/base/time_test.cc": source("base", '"base/time.h"') + code + "\n"}
                faults = [fault.rule for fault in self.check(test)[0]]
                self.assertEqual([rule] if rule == "comment" else [], faults)
        for code in ["#define ONCE", "static_assert(x);", "// throw", 'f("throw");',
                     "throw std::bad_alloc();"]:
            with self.subTest(code):
                self.assertEqual([], self.check(self.with_line(code))[0])

    def test_code_outside_of_the_namespace_of_its_room_is_found(self):
        self.assert_found("namespace", "src/base/time.cc",
                          {"src/base/time.cc": SOUND["src/base/time.cc"].replace("yagura", "x")})
        file = "src/store/block.cc"
        self.assert_found("namespace", file, {file: SOUND[file].replace("::store", "")})

    def test_a_header_that_does_not_say_what_it_is_is_found(self):
        self.assert_found("header", "src/base/time.h",
                          {"src/base/time.h": LICENCE + "#pragma once\nnamespace yagura {}\n"})

    def test_an_include_of_ours_in_angle_brackets_is_found(self):
        self.assert_found("include", "src/capture/packet.cc",
                          self.with_line("#include <telescope/rows.h>", "src/capture/packet.cc"))

    def test_a_room_declared_to_need_its_own_floor_or_above_is_found(self):
        for line in ["room(enrich store)", "room(enrich telescope)"]:
            with self.subTest(line):
                self.assert_found("layers", "CMakeLists.txt",
                                  {"CMakeLists.txt": SOUND["CMakeLists.txt"] + line + "\n"})

    def test_long_files_and_functions_are_warnings(self):
        body = "int f(int x) const {\n" + "  x += '{' + 1;  // {\n" * 61 + "}\n"
        faults, warnings = self.check(self.with_line(body))
        self.assertEqual([], faults)
        self.assertEqual([("size", 4)], [(w.rule, w.line) for w in warnings])
        faults, warnings = self.check(self.with_line("int a;\n" * 500))
        self.assertEqual([], faults)
        self.assertEqual([("size", 1)], [(w.rule, w.line) for w in warnings])

    def test_a_function_at_the_limit_is_no_warning(self):
        body = "int f(int x) {\n" + "  ++x;\n" * 60 + "}\n"
        self.assertEqual([], self.check(self.with_line(body))[1])

    def test_a_header_that_does_not_compile_alone_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "src" / "base").mkdir(parents=True)
            (root / "src/base/good.h").write_text("#pragma once\n#include <string>\n"
                                                  "std::string f();\n", encoding="utf-8")
            (root / "src/base/bad.h").write_text("#pragma once\nstd::string f();\n",
                                                 encoding="utf-8")
            self.assertEqual("", tidy.compile_header(root, "src/base/good.h"))
            self.assertIn("bad.h:2", tidy.compile_header(root, "src/base/bad.h"))

    def test_a_header_that_is_the_first_include_of_a_source_is_left_to_the_build(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "src" / "base").mkdir(parents=True)
            for name in ["first.h", "second.h", "alone.h"]:
                (root / "src/base" / name).write_text(HEADER, encoding="utf-8")
            (root / "src/base/first.cc").write_text(
                '#include "base/first.h"\n#include "base/second.h"\n', encoding="utf-8")
            headers, built = tidy.headers_to_compile(tidy.read_sources(root)[0])
        self.assertEqual(["src/base/alone.h", "src/base/second.h"], headers)
        self.assertEqual(1, built)


if __name__ == "__main__":
    unittest.main()
