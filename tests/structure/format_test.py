#!/usr/bin/env python3
"""Every C++ file is as clang-format lays it out (.clang-format)."""
import os
import subprocess
import unittest
from concurrent.futures import ThreadPoolExecutor

import repository

CLANG_FORMAT = "clang-format-19"


def complaints(batch):
    return subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", *batch], cwd=repository.SOURCE,
                          capture_output=True, text=True, check=False).stderr


class Format(unittest.TestCase):
    def test_every_file_is_laid_out(self):
        paths = repository.cpp_files()
        self.assertGreater(len(paths), 100)
        batches = [paths[i:i + 16] for i in range(0, len(paths), 16)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = [line for text in pool.map(complaints, batches)
                     for line in text.splitlines() if "error:" in line]
        stale = sorted({line.split(":", 1)[0] for line in found})
        if stale:
            self.fail(f"cure: {CLANG_FORMAT} -i {' '.join(stale)}")


if __name__ == "__main__":
    unittest.main()
