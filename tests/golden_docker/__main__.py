"""``python -m tests.golden_docker record FILES --out DIR``: replay recorded sessions and write what our client printed."""

import argparse
import json
import sys
import traceback
from pathlib import Path

from tests.golden_docker.player import play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.golden_docker", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="replay FILES and write DIR/NAME.txt, NAME.err and NAME.json")
    record.add_argument("files", nargs="+", type=Path)
    record.add_argument("--out", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in arguments.files:
        session = json.loads(path.read_text(encoding="utf-8"))
        if "steps" not in session:
            continue
        try:
            play(session).write(arguments.out, path.stem)
        except Exception:
            failed += 1
            print(f"{path.stem}: could not be replayed", file=sys.stderr)
            traceback.print_exc()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
