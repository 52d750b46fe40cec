"""Files that commands write where somebody tells them to: no file of a store, no pipe and no device is replaced."""

import os
import shutil
import stat
import subprocess
import unittest

import cli_test

# What may be beside a store; all of it is the store's, also before it is there.
BESIDE = ("", "-wal", "-shm", ".keys", ".keys.new", ".lock", ".ack", ".ballast", ".sock", ".children", ".files/new",
          ".state/a/new")


class Outputs(cli_test.Case):
    def setUp(self):
        super().setUp()
        self.run_id = self.json("run", "hello.wf", "name=one", "--no-verify")["run"]

    def writers(self, path):
        """Commands that write the file."""
        yield "audit", "export", self.run_id, "-o", path
        yield "timeline", self.run_id, "-o", path
        yield "plan", "hello.wf", "-o", path
        yield "audit", "erase", self.run_id, "--reason", "asked", "--receipt", path
        yield "test", "tested.wf", "--junit", path
        yield "audit", "verify", "--witness", path

    def kept(self):
        return {path.name: path.read_bytes() for path in self.folder.glob("weft.store*") if path.is_file()
                and path.suffix not in (".lock", ".children")}

    def refused(self, words):
        done = self.weft(*words, code=2)
        self.assertRegex(done.stderr, r"is part of the store \S+weft\.store", words)

    def test_no_file_of_a_store_is_written_over(self):
        (self.folder / "tested.wf").write_text('test "one" {\n  expect 1 == 1\n}\n')
        (self.folder / "way").symlink_to(".")
        (self.folder / "sub").mkdir()
        (self.folder / "link").symlink_to("weft.store.keys")
        (self.folder / "to-be").symlink_to("weft.store.sock")
        os.link(self.folder / "weft.store.keys", self.folder / "twin")
        shutil.copy(self.folder / "weft.store.keys", self.folder / "backup.keys")
        taken = self.json("run", "files.wf", "files=hello.wf", "one=hello.wf", "--no-verify")["run"]
        before = self.kept()
        self.assertIn("weft.store.keys", before)
        for ending in BESIDE:
            for words in self.writers("weft.store" + ending):
                self.refused(words)
        for path in ("way/weft.store", str(self.folder / "weft.store.keys"), "link", "to-be",
                     "./sub/../weft.store.ack"):
            for words in self.writers(path):
                self.refused(words)
        for path in ("twin", "backup.keys"):
            for words in self.writers(path):
                self.assertIn("is part of the store", self.weft(*words, code=2).stderr)
        self.refused(("review", "key", "weft.store-shm"))
        self.refused(("show", taken, "--out", "weft.store.state/x"))
        self.assertEqual(self.kept(), before)
        self.assertEqual(sorted(p.name for p in self.folder.iterdir() if p.name.endswith(".part")), [])
        self.assertEqual(self.json("audit", "verify", "--level", "3")["findings"], [])

    def test_files_with_like_names_are_not_the_store_s(self):
        for path in ("weft.store.bundle", "other.keys", "weft.store.svg"):
            self.weft("audit", "export", self.run_id, "-o", path)
            self.weft("timeline", self.run_id, "-o", path)

    def test_a_file_behind_a_link_takes_it(self):
        (self.folder / "there").mkdir()
        (self.folder / "there" / "real").write_text("old")
        (self.folder / "there" / "real").chmod(0o640)
        (self.folder / "link").symlink_to("there/real")
        (self.folder / "absent").symlink_to("there/new")
        for name, real in (("link", "real"), ("absent", "new")):
            self.weft("timeline", self.run_id, "-o", name)
            self.assertTrue((self.folder / name).is_symlink())
            self.assertIn("hello", (self.folder / "there" / real).read_text())
        self.assertEqual((self.folder / "there" / "real").stat().st_mode & 0o777, 0o640)

    def test_a_pipe_and_a_device_stay(self):
        os.mkfifo(self.folder / "pipe")
        reader = subprocess.Popen(["cat", "pipe"], cwd=self.folder, stdout=subprocess.PIPE)
        self.addCleanup(reader.stdout.close)
        self.addCleanup(reader.kill)
        self.weft("timeline", self.run_id, "--format", "svg", "-o", "pipe")
        self.assertTrue(reader.communicate(timeout=20)[0].startswith(b"<svg"))
        self.assertTrue(stat.S_ISFIFO((self.folder / "pipe").stat().st_mode))
        full = self.weft("timeline", self.run_id, "-o", "/dev/full", code=5)
        self.assertIn("/dev/full cannot be written: No space left on device", full.stderr)
        self.weft("timeline", self.run_id, "-o", "/dev/null")
        for name in ("/dev/full", "/dev/null"):
            self.assertTrue(stat.S_ISCHR(os.stat(name).st_mode), name)
        self.weft("timeline", self.run_id, "-o", ".", code=2)

    def test_standard_output_is_a_place(self):
        drawn = self.weft("timeline", self.run_id, "--format", "svg").stdout
        for name in ("-", "/dev/stdout"):
            self.assertEqual(self.weft("timeline", self.run_id, "--format", "svg", "-o", name).stdout, drawn)
            for into in ("pipe", "file"):
                with self.subTest(name=name, into=into):
                    bundle = self.bytes_of(into, "audit", "export", self.run_id, "-o", name)
                    (self.folder / "b.bundle").write_bytes(bundle)
                    self.assertTrue(self.json("audit", "verify", "b.bundle")["ok"])
        self.assertFalse((self.folder / "-").exists())

    def bytes_of(self, into, *words):
        if into == "pipe":
            return subprocess.run([cli_test.WEFT, *words], cwd=self.folder, capture_output=True, timeout=60,
                                  check=True).stdout
        path = self.folder / "out"
        with path.open("wb") as out:
            out.write(b"before ")
            out.flush()
            subprocess.run([cli_test.WEFT, *words], cwd=self.folder, stdout=out, stderr=subprocess.DEVNULL, timeout=60,
                           check=True)
        self.assertTrue(path.read_bytes().startswith(b"before "))
        return path.read_bytes()[len(b"before "):]

    def test_a_bundle_is_its_owner_s(self):
        (self.folder / "old").write_text("")
        (self.folder / "old").chmod(0o644)
        for name in ("new", "old"):
            self.weft("audit", "export", self.run_id, "-o", name)
            self.assertEqual((self.folder / name).stat().st_mode & 0o777, 0o600, name)

    def test_what_can_not_be_written_leaves_nothing(self):
        size = self.json("audit", "checkpoint")["size"]
        self.weft("audit", "export", self.run_id, "-o", "absent/b.bundle", code=5)
        self.weft("audit", "export", self.run_id, "-o", ".", code=2)
        self.weft("audit", "export", "0" * 32, "-o", "none.bundle", code=3)
        self.assertEqual([path.name for path in self.folder.glob("*bundle*")], [])
        # Nor does the log say that it was handed out.
        self.assertEqual(self.json("audit", "checkpoint")["size"], size)


if __name__ == "__main__":
    unittest.main()
