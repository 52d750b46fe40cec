#!/usr/bin/env python3
"""What `cmake --install` lays down works away from the build: the command, the helper, the library."""
import os
import pathlib
import subprocess
import tempfile
import unittest

import repository

HOST = """
cmake_minimum_required(VERSION 3.25)
project(host LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 23)
find_package(weft 0.1 REQUIRED)
add_executable(host main.cpp)
target_link_libraries(host PRIVATE weft::api)
"""


def cache(name):
    text = (repository.BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    return next((line.split("=", 1)[1] for line in text.splitlines()
                 if line.startswith(name + ":")), "")


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        cls.run_in(cls.folder, "cmake", "--install", repository.BUILD, "--prefix", cls.prefix)

    @staticmethod
    def run_in(folder, *command):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WEFT_")}
        done = subprocess.run([str(part) for part in command], cwd=folder, env=environment,
                              capture_output=True, text=True, timeout=200, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command} gave {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_the_command_runs(self):
        self.assertIn("weft", self.run_in(self.folder, self.prefix / "bin" / "weft", "version"))

    def test_the_helper_lies_where_the_command_looks(self):
        self.assertTrue(os.access(self.prefix / "libexec" / "weft" / "weft-helper", os.X_OK))

    def test_a_host_program_links_the_library(self):
        host = self.folder / "host"
        host.mkdir()
        (host / "CMakeLists.txt").write_text(HOST, encoding="utf-8")
        main = repository.read("examples/embedding/main.cpp")
        (host / "main.cpp").write_text(main, encoding="utf-8")
        sanitize = ["-DCMAKE_CXX_FLAGS=-fsanitize=address,undefined"] if cache("WEFT_SANITIZE") == "ON" else []
        self.run_in(host, "cmake", "-S", ".", "-B", "build", "-G", "Ninja",
                    f"-DCMAKE_PREFIX_PATH={self.prefix}",
                    f"-DCMAKE_CXX_COMPILER={cache('CMAKE_CXX_COMPILER')}", *sanitize)
        self.run_in(host, "cmake", "--build", "build")
        self.assertIn("result: \"Hello from the host\"", self.run_in(host, host / "build" / "host"))


if __name__ == "__main__":
    unittest.main()
