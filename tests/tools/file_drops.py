"""Writes the same exports as they arrive file by file, in random order.

    file_drops.py EXPORTS OUT SEED BATCHES

OUT/1 … OUT/BATCHES each hold the files of the one before and some more; the last one holds all. Every
source has a file in the first.
"""

import os
import random
import re
import shutil
import sys


def main(source, out, seed, batches):
    paths = sorted(
        os.path.relpath(os.path.join(folder, name), source)
        for folder, _, names in os.walk(source)
        for name in names
    )
    random.Random(int(seed)).shuffle(paths)
    seen, first, rest = set(), [], []
    for path in paths:
        pattern = re.sub(r"_more\d+|\d", "", path)
        (rest if pattern in seen else first).append(path)
        seen.add(pattern)
    batches = int(batches)
    for batch in range(1, batches + 1):
        present = first + rest[: len(rest) * batch // batches]
        for path in present:
            target = os.path.join(out, str(batch), path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(source, path), target)
        print(f"batch {batch}: {len(present)} of {len(paths)} files")


main(*sys.argv[1:])
