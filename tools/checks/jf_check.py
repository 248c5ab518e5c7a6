# SPDX-License-Identifier: BSD-3-Clause
"""What the checks share: the files of the project, and how a check says what it found."""
import os
import subprocess
import sys

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def files(*endings):
    """Paths under git's eye (tracked, or new and not ignored), relative to the top."""
    listed = subprocess.run(["git", "-C", TOP, "ls-files", "-co", "--exclude-standard"],
                            stdout=subprocess.PIPE, text=True)
    if listed.returncode == 0:
        paths = listed.stdout.splitlines()
    else:  # an unpacked archive
        paths = [os.path.relpath(os.path.join(folder, name), TOP)
                 for folder, inner, names in os.walk(TOP)
                 if not inner.__setitem__(slice(None), [i for i in inner if i[0] != "."
                                                        and not i.startswith("build")])
                 for name in names]
    return sorted(p for p in set(paths)
                  if (not endings or p.endswith(endings)) and os.path.isfile(os.path.join(TOP, p)))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def conclude(problems):
    """Prints each, and ends the program: 1 if there are any."""
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
