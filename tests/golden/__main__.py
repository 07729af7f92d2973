"""``python -m tests.golden record FILES --out DIR``: play scenarios against the lab and write recordings of the same format."""

import argparse
import json
import sys
import traceback
from pathlib import Path

from tests.golden.player import play
from tests.golden.recording import dump


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser(
        "record", help="play FILES (only their input and manifests are read) and write DIR/NAME.json"
    )
    record.add_argument("files", nargs="+", type=Path)
    record.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in arguments.files:
        if path.name.startswith("_"):
            continue
        given = json.loads(path.read_text(encoding="utf-8"))
        try:
            result = play(path.stem, given["input"], given["manifests"])
        except Exception:
            failed += 1
            print(f"{path.stem}: could not be played", file=sys.stderr)
            traceback.print_exc()
            continue
        (arguments.out / path.name).write_text(dump(result), encoding="utf-8")
        print(f"recorded  {path.stem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
