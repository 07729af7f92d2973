"""Editors: enough of vim, vi, nano to say who they are; a screen editor needs a person, and here nobody is looking.

``vim --version`` prints its head; ``vim file`` without a terminal says what the real one says.
"""

from __future__ import annotations

from k8slab.machine.programs.tool import Call, Steps

VIM = """VIM - Vi IMproved {major} ({date})
Included patches: 1-{patches}
Modified by <bugzilla@redhat.com>
Compiled by <bugzilla@redhat.com>
Huge version without GUI.  Features included (+) or not (-):
+acl               +file_in_path      +mouse_urxvt       -tag_any_white
+arabic            +find_in_path      +mouse_xterm       -tcl
+autocmd           +float             +multi_byte        +termguicolors
+autochdir         +folding           +multi_lang        +terminal
+byte_offset       +fork()            -mzscheme          +terminfo
+cindent           +gettext           +netbeans_intg     +textobjects
+clientserver      +iconv             +num64             +timers
   system vimrc file: "/etc/vimrc"
     user vimrc file: "$HOME/.vimrc"
 2nd user vimrc file: "~/.vim/vimrc"
      user exrc file: "$HOME/.exrc"
       defaults file: "$VIMRUNTIME/defaults.vim"
  fall-back for $VIM: "/usr/share/vim"
"""


def vim(call: Call) -> Steps:
    if "--version" in call.args or "-version" in call.args:
        call.out(VIM.format(major="8.2", date="2019 Dec 12, compiled Jan 01 2026 00:00:00", patches="2637"))
        return 0
    if not call.process.stdin_is_tty():
        call.err("Vim: Warning: Output is not to a terminal\nVim: Warning: Input is not from a terminal\n")
    call.err("The lab has no screen editor: write the file with cat > FILE <<EOF, printf or sed -i, or copy it in.\n")
    return 1
    yield


def nano(call: Call) -> int:
    if "--version" in call.args or "-V" in call.args:
        call.line(" GNU nano, version 7.2")
        return 0
    call.err("The lab has no screen editor: write the file with cat > FILE <<EOF, printf or sed -i, or copy it in.\n")
    return 1


def pager(call: Call) -> Steps:
    """``less`` and ``more``: without a person, all of it."""
    code = 0
    for path in [word for word in call.args if not word.startswith(("-", "+"))] or ["-"]:
        try:
            yield from call.copy(path)
        except OSError as error:
            code = 1
            call.err(f"{path}: {error.strerror}\n")
    return code


def clear(call: Call) -> int:
    call.out("\x1b[H\x1b[2J\x1b[3J" if call.tty else "")
    return 0
