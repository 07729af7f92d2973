"""busybox: one file, many names. The name it is called by (or its first argument) says which tool it is."""

from __future__ import annotations

from k8slab.machine.process import Process
from k8slab.machine.program import Life, Table
from k8slab.machine.programs.tool import BUSYBOX_VERSION

BANNER = f"""BusyBox v{BUSYBOX_VERSION} (2024-06-10 07:11:47 UTC) multi-call binary.
BusyBox is copyrighted by many authors between 1998-2015.
Licensed under GPLv2. See source distribution for detailed
copyright notices.

Usage: busybox [function [arguments]...]
   or: busybox --list[-full]
   or: busybox --show SCRIPT
   or: busybox --install [-s] [DIR]
   or: function [arguments]...

\tBusyBox is a multi-call binary that combines many common Unix
\tutilities into a single executable.  Most people will create a
\tlink to busybox for each function they wish to use and BusyBox
\twill act like whatever it was invoked as.

Currently defined functions:
"""


class BusyBox:
    """Dispatches to the *applets*, a table like any other."""

    def __init__(self, applets: Table) -> None:
        self.applets = applets

    def run(self, process: Process) -> Life:
        """Be the applet that the command line names."""
        name = process.argv[0].removeprefix("-").rsplit("/", 1)[-1] if process.argv else "busybox"
        if name == "busybox":
            if len(process.argv) < 2 or process.argv[1] in ("--help", "--list"):
                names = sorted(self.applets)
                listing = (
                    "\n".join(names) + "\n"
                    if process.argv[1:2] == ["--list"]
                    else BANNER + "\t" + ", ".join(names) + "\n"
                )
                yield from process.write(1, listing.encode())
                return 0
            process.argv = process.argv[1:]
            name = process.argv[0].rsplit("/", 1)[-1]
        applet = self.applets.get(name)
        if applet is None:
            yield from process.write(2, f"{name}: applet not found\n".encode())
            return 127
        return (yield from applet().run(process))
