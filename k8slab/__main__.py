"""``python -m k8slab lab``: open the course in JupyterLab, the same on every system (``make lab`` calls this)."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
START_PAGE = "00-start-here.ipynb"
WORKSPACE = "k8slab"
USAGE = """\
usage: python -m k8slab lab [--zh] [options for jupyter lab]

  lab     open the course in JupyterLab; --zh opens the Chinese edition (打开中文版)
          for example: python -m k8slab lab --no-browser --port 8890
"""


def lab_arguments(arguments: list[str]) -> list[str]:
    """Return the options for ``jupyter lab``: the start page in a workspace of its own, then the learner's own *arguments*."""
    chinese = "--zh" in arguments
    page = f"notebooks/{'zh/' if chinese else ''}{START_PAGE}"
    rest = [argument for argument in arguments if argument != "--zh"]
    options = [f"--LabApp.default_url=/lab/workspaces/{WORKSPACE}/tree/{page}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # in a container everybody is root; the server listens on this machine only
    return [*options, *rest]


def forget_layout() -> None:
    """Forget which tabs were open last time, so that the start page stands alone.

    (An address with ``?reset`` would do the same, but Jupyter then prints it with a token that does not let anybody in.)
    """
    from jupyterlab.commands import get_workspaces_dir
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    with contextlib.suppress(FileNotFoundError):
        WorkspacesManager(get_workspaces_dir()).delete(WORKSPACE)


def main(arguments: list[str]) -> int:
    """Run the command line *arguments* and return its exit code."""
    if arguments[:1] != ["lab"]:
        asked = arguments[:1] in ([], ["-h"], ["--help"], ["help"])
        print(USAGE, end="", file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    if not (REPOSITORY / "notebooks" / START_PAGE).exists():
        print(
            f"The notebooks are not beside k8slab ({REPOSITORY}): run this in a clone of the course.", file=sys.stderr
        )
        return 1
    from jupyterlab.labapp import LabApp  # takes a second: not for --help

    os.chdir(REPOSITORY)
    configurations = [str(REPOSITORY / "assets" / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, configurations))
    forget_layout()
    LabApp.launch_instance(argv=lab_arguments(arguments[1:]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
