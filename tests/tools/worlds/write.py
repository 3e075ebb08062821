"""Writes one of the synthetic worlds that the shipped pipelines run on, or compares with it.

    write.py NAME FOLDER
    write.py --check NAME FOLDER

`--check` fails where a file of FOLDER is not what would be written. Of gzip files the content counts:
what the library makes of it is up to its version.
"""

import gzip
import importlib
import os
import sys
import tempfile


def main(*arguments):
    name, folder = arguments[-2:]
    world = importlib.import_module(name).world()
    if arguments[0] != "--check":
        world.write(folder)
        return
    with tempfile.TemporaryDirectory() as written:
        world.write(written)
        expected, found = contents(written), contents(folder)
    wrong = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
    for path in wrong:
        print(f"{folder}/{path} is not what {name}.py writes")
    print(f"{name}: {len(expected) - len(wrong)} of {len(expected)} files are as written")
    sys.exit(1 if wrong else 0)


def contents(root):
    """The files of `exports` and `truth`, unpacked, by path."""
    found = {}
    for part in ("exports", "truth"):
        for folder, _, names in os.walk(os.path.join(root, part)):
            for name in names:
                path = os.path.join(folder, name)
                with (gzip.open if name.endswith(".gz") else open)(path, "rb") as file:
                    found[os.path.relpath(path, root)] = file.read()
    return found


main(*sys.argv[1:])
