"""From the text of a Dockerfile to instructions: grammar, errors with their line, variables, wildcards."""

import pytest

from k8slab.docker.builder import globs, grammar, lines
from k8slab.docker.builder import instructions as kinds
from k8slab.docker.builder.dockerignore import Ignore
from k8slab.docker.builder.errors import BuildError, DockerfileError, excerpt
from k8slab.docker.builder.words import ExpansionError, expand


def only(text):
    return grammar.parse("FROM a\n" + text).stages[0][1][0]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "file with no instructions"),
        ("# only a comment\n", 1, "file with no instructions"),
        ("FRMO alpine", 1, "dockerfile parse error on line 1: unknown instruction: FRMO (did you mean FROM?)"),
        ("from alpine\nrunn x", 2, "dockerfile parse error on line 2: unknown instruction: runn (did you mean run?)"),
        ("FROM a\n\n# c\nXYZZY", 4, "dockerfile parse error on line 4: unknown instruction: XYZZY"),
        ("RUN x", 1, "no build stage in current context"),
        ("ARG X=1", 1, "dockerfile contains no stages to build"),
        ("FROM a b", 1, "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        (
            "FROM a AS 1x",
            1,
            'dockerfile parse error on line 1: invalid name for build stage: "1x", '
            "name can't start with a number or contain symbols",
        ),
        (
            "FROM a\nCOPY x",
            2,
            "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
        ),
        ("FROM a\nCOPY --frm=x a b", 2, "dockerfile parse error on line 2: unknown flag: --frm (did you mean from?)"),
        ("FROM a\nCOPY --from=x --from=y a b", 2, "dockerfile parse error on line 2: duplicate flag specified: --from"),
        ("FROM a\nCOPY --from a b", 2, "dockerfile parse error on line 2: missing a value on flag: --from"),
        ("FROM a\nENV A", 2, "dockerfile parse error on line 2: ENV must have two arguments"),
        (
            "FROM a\nENV A=b C",
            2,
            'dockerfile parse error on line 2: Syntax error - can\'t find = in "C". Must be of the form: name=value',
        ),
        (
            "FROM a\nENV CLASSPATH=$JAVA_HOME /lib/dt.jar",
            2,
            'dockerfile parse error on line 2: Syntax error - can\'t find = in "/lib/dt.jar". '
            "Must be of the form: name=value",
        ),
        ("FROM a\nENV =b", 2, "dockerfile parse error on line 2: ENV names can not be blank"),
        ("FROM a\nLABEL", 2, "dockerfile parse error on line 2: LABEL requires at least one argument"),
        ("FROM a\nWORKDIR", 2, "dockerfile parse error on line 2: WORKDIR requires exactly one argument"),
        ("FROM a\nEXPOSE", 2, "dockerfile parse error on line 2: EXPOSE requires at least one argument"),
        ("FROM a\nVOLUME [\"\"]", 2, "dockerfile parse error on line 2: VOLUME specified can not be an empty string"),
        ("FROM a\nCMD [1]", 2, "dockerfile parse error on line 2: when using JSON array syntax, arrays must be comprised of strings only"),
        ("FROM a\nSHELL bash", 2, 'dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form. For example: SHELL ["bash"]'),
        ("FROM a\nONBUILD ONBUILD RUN x", 2, "dockerfile parse error on line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("FROM a\nONBUILD FROM x", 2, "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger"),
        ("FROM a\nHEALTHCHECK", 2, "dockerfile parse error on line 2: HEALTHCHECK requires at least one argument"),
        ("FROM a\nHEALTHCHECK NONE x", 2, "dockerfile parse error on line 2: HEALTHCHECK NONE takes no arguments"),
        ("FROM a\nHEALTHCHECK CMD", 2, "dockerfile parse error on line 2: Missing command after HEALTHCHECK CMD"),
        ("FROM a\nHEALTHCHECK RUN x", 2, 'dockerfile parse error on line 2: Unknown type "RUN" in HEALTHCHECK (try CMD)'),
        ("FROM a\nHEALTHCHECK --interval=x CMD y", 2, 'dockerfile parse error on line 2: time: invalid duration "x"'),
        ("FROM a\nHEALTHCHECK --retries=-1 CMD y", 2, "dockerfile parse error on line 2: --retries cannot be negative (-1)"),
        ("FROM a\nARG =x", 2, "dockerfile parse error on line 2: ARG names can not be blank"),
        ("FROM a\nCOPY a <<EOF\nEOF", 2, "dockerfile parse error on line 2: COPY cannot accept a heredoc as a destination"),
        ("FROM a\nRUN <<EOF\nx\n", 2, "unterminated heredoc"),
        ("# escape=x\nFROM a", 1, "invalid escape token 'x' does not match ` or \\"),
        ("# escape=`\n# escape=`\nFROM a", 2, "only one escape parser directive can be used"),
        ("FROM a\nRUN --mount=type=nfs x", 2, 'dockerfile parse error on line 2: unsupported mount type "nfs"'),
        ("FROM a\nRUN --network=x y", 2, 'dockerfile parse error on line 2: unsupported network mode "x"'),
    ],
)  # fmt: skip
def test_a_bad_dockerfile_is_refused_at_its_line(text, line, message):
    with pytest.raises(DockerfileError) as caught:
        grammar.parse(text)
    assert caught.value.message == message
    assert caught.value.lines[0] == line


def test_lines_go_on_and_comments_in_between_are_dropped():
    (line,) = lines.read("RUN a && \\\n  # why\n\n  b \\ \n  c\n").lines
    assert (line.rest, line.start, line.end) == ("a &&   b   c", 1, 5)
    assert lines.read("RUN a \\\n\n b").empty_continuations == [(1, 3)]


def test_another_escape_character_leaves_backslashes_alone():
    source = lines.read("# escape=`\nFROM a\nCOPY x c:\\dir\\ `\n  y\n")
    assert source.lines[1].rest == "x c:\\dir\\   y"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('CMD ["a", "b c"]', (("a", "b c"), False)),
        ("CMD a b", (("a b",), True)),
        ("CMD ['a']", (("['a']",), True)),
        ('CMD ["a"', (('["a"',), True)),
        ("CMD", ((), True)),
        ("CMD []", ((), False)),
    ],
)
def test_exec_form_is_json_and_anything_else_is_for_the_shell(text, expected):
    command = only(text).command
    assert (command.words, command.is_shell) == expected


def test_heredocs():
    run = only("RUN cat <<A <<-'B' > /x\n$y\nA\n\tz\n\tB\n")
    assert [(one.name, one.text, one.expand) for one in run.command.heredocs] == [
        ("A", "$y\n", True),
        ("B", "z\n", False),
    ]
    copy = only("COPY <<one <<two /dir/\n1\none\n2\ntwo\n")
    assert [one.content for one in copy.heredocs] == ["1\n", "2\n"]
    assert (copy.sources, copy.target, copy.lines) == ((), "/dir/", (2, 6))


def test_flags_may_be_quoted():
    copy = only('COPY --chown="1:2" --link --exclude=*.a --exclude=*.b x y')
    assert (copy.chown, copy.link, copy.exclude) == ("1:2", True, ("*.a", "*.b"))


def test_env_in_both_forms():
    assert only('ENV A="b c" D=e\\ f').pairs == (("A", '"b c"'), ("D", "e\\ f"))
    legacy = only("ENV CLASSPATH $JAVA_HOME /lib/dt.jar")
    assert (legacy.pairs, legacy.legacy) == ((("CLASSPATH", "$JAVA_HOME /lib/dt.jar"),), True)


def test_health_checks_are_in_nanoseconds():
    health = only("HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl -f localhost || exit 1").health
    assert health == {
        "Test": ["CMD-SHELL", "curl -f localhost || exit 1"],
        "Interval": 90 * 10**9,
        "Timeout": 500 * 10**6,
        "Retries": 3,
    }


def test_keywords_are_not_case_sensitive():
    assert isinstance(only("workdir /x"), kinds.Workdir)
    assert only("workdir /x").code == "WORKDIR /x"


# -- variables ---------------------------------------------------------------------------------------------------------

ENV = {"A": "x", "EMPTY": "", "PATH": "/bin:/usr/bin", "FILE": "app.tar.gz"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A", "x"),
        ("${A}b", "xb"),
        ("$UNSET", ""),
        ("\\$A", "$A"),
        ("'$A'", "$A"),
        ('"$A \\" $"', 'x " $'),
        ("${UNSET:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${A:+yes}", "yes"),
        ("${UNSET+yes}", ""),
        ("${UNSET:-${A}y}", "xy"),
        ("${FILE%.*}", "app.tar"),
        ("${FILE%%.*}", "app"),
        ("${FILE#*.}", "tar.gz"),
        ("${FILE##*.}", "gz"),
        ("${PATH/bin/sbin}", "/sbin:/usr/bin"),
        ("${PATH//bin/sbin}", "/sbin:/usr/sbin"),
        ("%JAVA_HOME/bin", "%JAVA_HOME/bin"),
        ("a$", "a$"),
    ],
)
def test_variables(text, expected):
    assert expand(text, ENV).text == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${", "failed to process \"${\": syntax error: missing '}'"),
        ("${}", 'failed to process "${}": syntax error: bad substitution'),
        ("${A", "failed to process \"${A\": syntax error: missing '}'"),
        ("${A^^}", 'failed to process "${A^^}": unsupported modifier (^) in substitution'),
        ("${NOPE?}", 'failed to process "${NOPE?}": NOPE: is not allowed to be unset'),
        ("${EMPTY:?give it}", 'failed to process "${EMPTY:?give it}": EMPTY: give it'),
        ("'x", 'failed to process "\'x": unexpected end of statement while looking for matching single-quote'),
        ('"x', 'failed to process "\\"x": unexpected end of statement while looking for matching double-quote'),
    ],
)
def test_words_that_cannot_be_expanded(text, message):
    with pytest.raises(ExpansionError) as caught:
        expand(text, ENV)
    assert str(caught.value) == message


def test_words_part_at_blanks_that_no_quotes_hold():
    assert expand("a \"b c\" $TWO '$TWO'", {"TWO": "1 2"}).words == ["a", "b c", "1", "2", "$TWO"]
    assert expand("$A $NOPE", ENV).missing == ["NOPE"]


# -- wildcards and .dockerignore ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*.txt", "a.txt", True),
        ("*.txt", "a.txt.bak", False),
        ("a?c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("*a*b*c", "xxaxxbxxc", True),
        ("", "", True),
    ],
)
def test_wildcards(pattern, name, expected):
    assert globs.matches(pattern, name) is expected


def test_a_hostile_wildcard_is_quick():
    assert globs.matches("*a" * 40 + "b", "a" * 5000) is False


@pytest.mark.parametrize("pattern", ["[", "[]", "[a-]", "a\\"])
def test_bad_wildcards(pattern):
    with pytest.raises(globs.BadPattern):
        globs.matches(pattern, "x")


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("*.log", "a.log", True),
        ("*.log", "dir/a.log", False),
        ("**/*.log", "dir/deep/a.log", True),
        ("**/*.log", "a.log", True),
        ("node_modules", "node_modules/x/y", True),
        ("/node_modules/", "node_modules/x", True),
        ("dir/**", "dir/a/b", True),
        ("# no\n*.md\n!README.md", "README.md", False),
        ("*.md\n!README.md", "OTHER.md", True),
        ("*\n!src", "src/main.py", False),
        ("!x\nx", "x", True),
        ("a/../b", "b", True),
        (".", "anything", False),
    ],
)
def test_dockerignore(text, path, expected):
    assert Ignore(text).excludes(path) is expected


def test_bad_dockerignore():
    with pytest.raises(BuildError, match='illegal exclusion pattern: "!"'):
        Ignore("!")


# -- where it went wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines_of_error", "expected"),
    [
        ((3, 3), [" 1 |     a", " 2 |     b", " 3 | >>> c", " 4 |     d", " 5 |     e"]),
        ((1, 1), [" 1 | >>> a", " 2 |     b", " 3 |     c"]),
        ((2, 4), [" 1 |     a", " 2 | >>> b", " 3 | >>> c", " 4 | >>> d", " 5 |     e"]),
        ((6, 6), [" 4 |     d", " 5 |     e", " 6 | >>> "]),
    ],
)
def test_the_excerpt_marks_the_lines(lines_of_error, expected):
    shown = excerpt("Dockerfile", "a\nb\nc\nd\ne\n", lines_of_error).split("\n")
    assert shown[0] == f"Dockerfile:{lines_of_error[0]}"
    assert shown[1] == shown[-2] == "-" * 20
    assert [row[2:] for row in shown[2:-2]] == expected
