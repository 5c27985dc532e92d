#!/usr/bin/env python3
"""tests/cli/complete_shells.py SHELL SCRIPT [BASH-COMPLETION]: presses TAB in a real shell and compares its command line."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import pty
import select
import subprocess
import sys
import time

SHELL, SCRIPT = sys.argv[1], sys.argv[2]
LIBRARY = sys.argv[3] if len(sys.argv) > 3 else None
WORK = pathlib.Path.cwd()
LINE = WORK / "line"
failures = []

# Typed text, and the line after TAB.  A space after the word means that it is complete.
LINES = [
    ("fmtconv insp", "fmtconv inspect "),
    ("fmtconv -t quan", "fmtconv -t quantize "),
    ("fmtconv -t quantize:to=q8", "fmtconv -t quantize:to=q8_0 "),
    ("fmtconv -t quantize:sca", "fmtconv -t quantize:scale"),
    ("fmtconv -t quantize:to=q8_0,imat", "fmtconv -t quantize:to=q8_0,imatrix="),
    ("fmtconv -t cogvideox-lora:scale=me", "fmtconv -t cogvideox-lora:scale=metadata "),
    ("fmtconv -t map:rules=ru", "fmtconv -t map:rules=rules.yaml "),
    ("fmtconv --dt", "fmtconv --dtype "),
    ("fmtconv --dtype=bf", "fmtconv --dtype=bf16 "),
    ("fmtconv --color al", "fmtconv --color always "),
    ("fmtconv -p cogvideox-p", "fmtconv -p cogvideox-pipeline "),
    ("fmtconv -p cogvideox-pipeline -D va", "fmtconv -p cogvideox-pipeline -D vae="),
    ("fmtconv -p cogvideox-pipeline -D vae=ru", "fmtconv -p cogvideox-pipeline -D vae=rules.yaml "),
    ("fmtconv plugins lora-m", "fmtconv plugins lora-merge "),
    ("fmtconv inspect ru", "fmtconv inspect rules.yaml "),
    ("fmtconv two.safetensors -t drop:name=only", "fmtconv two.safetensors -t drop:name=only."),
    ("fmtconv two.safetensors -t drop:name=only.t", "fmtconv two.safetensors -t drop:name=only.tensor "),
    ("fmtconv 'a name.safetensors' -t drop:name=spac", "fmtconv 'a name.safetensors' -t drop:name=spaced "),
    ("fmtconv inspect missing --tensors=x", "fmtconv inspect missing --tensors=x"),
    ("fmtconv inspect fifo --tensors=x", "fmtconv inspect fifo --tensors=x"),
]


def expect(typed, got, wanted):
    if got != wanted:
        failures.append(f"{SHELL}: {typed!r} becomes {got!r}, not {wanted!r}")


class Terminal:
    """A shell on a pseudo-terminal whose key ^T writes the edited line to a file."""

    SETUP = {
        "bash": [
            "PS1='ready> '",
            f". {LIBRARY}" if LIBRARY else ":",
            f". {SCRIPT}",
            """bind -x '"\\C-t": printf "%s" "$READLINE_LINE" >line.new; mv line.new line'""",
            "bind 'set completion-query-items 1000'",
            "bind 'set bell-style none'",
        ],
        "zsh": [
            "PS1='ready> '",
            "unsetopt beep list_beep zle_bracketed_paste prompt_sp; bindkey -e",
            f"fpath=({pathlib.Path(SCRIPT).parent} $fpath)",
            "autoload -Uz compinit; compinit -u -D",
            "show () { print -rn -- $BUFFER >line.new; mv line.new line }; zle -N show; bindkey '^T' show",
        ],
    }
    COMMAND = {"bash": ["bash", "--noprofile", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", COLUMNS="200", LINES="50")
            os.execvp(self.COMMAND[SHELL][0], self.COMMAND[SHELL])
        self.seen = ""
        for line in self.SETUP[SHELL]:
            self.send(line + "\r")
        self.send("echo set-\\up\r")
        self.wait(lambda: "set-up" in self.seen, "the shell does not start")

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait(self, done, what):
        end = time.monotonic() + 60
        while not done():
            if time.monotonic() > end:
                sys.exit(f"{SHELL}: {what}: {self.seen[-2000:]}")
            if select.select([self.fd], [], [], 0.05)[0]:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")

    def complete(self, typed, keys="\t"):
        """Returns the line after TAB, and what the shell wrote meanwhile."""
        LINE.unlink(missing_ok=True)
        self.seen = ""
        self.send(typed + keys + "\x14")
        self.wait(LINE.exists, f"no line after {typed!r}")
        line = LINE.read_text()
        self.send("\x05\x15")  # ^E ^U: an empty line
        return line, self.seen

    def close(self):
        self.send("\x15exit\r")
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def check_terminal():
    shell = Terminal()
    for typed, wanted in LINES:
        line, _ = shell.complete(typed)
        if SHELL == "bash":  # an option's word and a quoted one have no unique rest
            line = line if line == wanted or line + " " != wanted else line + " "
        expect(typed, line, wanted)
    _, seen = shell.complete("fmtconv -t quantize:sca", "\t\t\t")
    if "scale-name=" not in seen:
        failures.append(f"{SHELL}: no list of parameters: {seen!r}")
    if SHELL == "zsh" and "name of scales" not in seen:
        failures.append(f"{SHELL}: no descriptions: {seen!r}")
    shell.close()


def check_fish():
    for typed, wanted in LINES:
        script = f"source {SCRIPT}; complete -C (cat)"
        out = subprocess.run(["fish", "--no-config", "-c", script], input=typed, capture_output=True, text=True, check=False).stdout
        words = [line.split("\t")[0] for line in out.splitlines()]
        last = wanted.split(" ")[-1] or wanted.split(" ")[-2]
        if wanted == typed:
            expect(typed, words, [])
        elif not any(word.startswith(last) for word in words):
            expect(typed, words, [last])
    out = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPT}; complete -C 'fmtconv -t quan'"], capture_output=True, text=True, check=True).stdout
    if "\tstores matrices" not in out:
        failures.append(f"fish: no description: {out!r}")


if SHELL == "fish":
    check_fish()
else:
    check_terminal()
for failure in failures:
    print("FAIL:", failure)
print(f"{SHELL}: {len(LINES)} lines, {len(failures)} failures")
sys.exit(bool(failures))
