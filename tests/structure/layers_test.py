#!/usr/bin/env python3
"""A link from a layer to one that doesn't stand below it ends the configuration with an error."""
import os
import pathlib
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("WEFT_SOURCE_DIR", HERE.parent.parent))


def configure(*options):
    with tempfile.TemporaryDirectory() as build:
        return subprocess.run(
            ["cmake", "-S", HERE / "forbidden_link", "-B", build, f"-DWEFT_SOURCE_DIR={SOURCE}", *options],
            capture_output=True, text=True, check=False)


class Layers(unittest.TestCase):
    def test_a_link_downwards_is_fine(self):
        done = configure()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_link_to_the_same_or_a_higher_level_is_refused(self):
        done = configure("-DFORBIDDEN=ON")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("layer weft_beside (level 1) may not use upper (level 2)", " ".join(done.stderr.split()))


if __name__ == "__main__":
    unittest.main()
