#!/usr/bin/env python3
"""`weft completion SHELL`: real shells complete the words of the real program."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

import canary

AUDIT = {"verify", "export", "checkpoint", "proof", "receipt", "keys", "erase", "hold", "release", "accept-clock"}
WEFT = pathlib.Path(os.environ.get("WEFT_BIN", "weft")).resolve()
ENVIRONMENT = {**os.environ, "PATH": f"{WEFT.parent}:{os.environ['PATH']}", "TERM": "dumb"}


def weft(*words):
    return subprocess.run([WEFT, *words], capture_output=True, text=True, check=True).stdout


def commands():
    return set(re.findall(r"(?m)^  ([a-z]+) {2,}", weft("--help")))


class Completion(canary.Case):
    def shell(self, *words):
        if not shutil.which(words[0]):
            (self.fail if "WEFT_NO_SKIPS" in os.environ else self.skipTest)(f"{words[0]} is not installed")
        done = subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout.splitlines()

    def bash(self, *words):
        """What bash offers for the last of the words."""
        return set(self.shell("bash", "--norc", "-c",
                              "source <(weft completion bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
                              "_weft; printf '%s\\n' \"${COMPREPLY[@]}\"", "bash", *words)) - {""}

    def fish(self, line):
        return {offer.split("\t")[0] for offer in
                self.shell("fish", "--no-config", "-c", f"weft completion fish | source; complete -C '{line}'")}

    def zsh(self, *words):
        """What the function gives to zsh's own functions, which need a terminal."""
        offers = self.shell("zsh", "-fc", """
            compdef() { }
            _describe() { print -l -- ${(P)2} }
            compadd() { shift; print -l -- $@ }
            _files() { print FILES }
            source <(weft completion zsh)
            words=("$@"); CURRENT=$#; PREFIX=${words[CURRENT]}
            _weft""", "zsh", *words)
        return {offer.split(":")[0] for offer in offers}

    def test_bash(self):
        self.assertEqual(self.bash("weft", ""), commands())
        self.assertEqual(self.bash("weft", "rep"), {"replay"})
        self.assertEqual(self.bash("weft", "audit", ""), AUDIT)
        self.assertEqual(self.bash("weft", "review", "re"), {"reject", "revise", "revoke"})
        self.assertIn("--format", self.bash("weft", "check", "--"))
        self.assertEqual(self.bash("weft", "check", "x.wf", "--format", "h"), {"human"})
        self.assertEqual(self.bash("weft", "audit", "verify", "--lev"), {"--level"})
        # Arguments and values are not words of weft: bash completes the names of files.
        self.assertEqual(self.bash("weft", "run", "re"), set())
        self.assertEqual(self.bash("weft", "run", "--config", "re"), set())

    def test_bash_at_a_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "invoices.wf").touch()
            pid, terminal = pty.fork()
            if pid == 0:
                os.chdir(folder)
                os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"],
                           {**ENVIRONMENT, "PS1": "$ ", "HISTFILE": "", "INPUTRC": "/dev/null"})
            try:
                os.write(terminal, b"source <(weft completion bash); echo rea''dy\n")
                self.read_until(terminal, "ready")
                os.write(terminal, b"weft timel\t")
                self.read_until(terminal, "weft timeline ")
                os.write(terminal, b"\x15weft check inv\t")
                self.read_until(terminal, "check invoices.wf")
            finally:
                os.kill(pid, 9)
                os.waitpid(pid, 0)
                os.close(terminal)

    def read_until(self, terminal, wanted):
        seen, end = "", time.monotonic() + 30
        while wanted not in seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                self.fail(f"no {wanted!r} in {seen!r}")
            seen += os.read(terminal, 4096).decode(errors="replace")

    def test_fish(self):
        self.assertEqual({word for word in self.fish("weft ") if not word.startswith("-")}, commands())
        self.assertEqual(self.fish("weft review re"), {"reject", "revise", "revoke"})
        self.assertIn("--format", self.fish("weft check --"))
        self.assertEqual(self.fish("weft check x.wf --format h"), {"human"})

    def test_zsh(self):
        self.assertEqual(self.zsh("weft", "") - {"FILES"}, commands())
        self.assertEqual(self.zsh("weft", "audit", "") - {"FILES"}, AUDIT)
        self.assertIn("--format", self.zsh("weft", "check", "--"))
        self.assertEqual(self.zsh("weft", "check", "x.wf", "--format", ""), {"human", "json", "sarif"})
        self.assertEqual(self.zsh("weft", "run", "--config", ""), {"FILES"})

    def test_every_command_has_its_options(self):
        for shell in ("bash", "zsh", "fish"):
            script = weft("completion", shell)
            for name in commands():
                self.assertIn(f"' {name}'", script, shell)
        done = subprocess.run([WEFT, "completion", "tcsh"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
