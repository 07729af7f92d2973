"""A command line is taken apart as pflag does it; the flags are those that the help lists."""

import pytest

from k8slab.cli.kubectl import flags, help

GET = help.flags_of(("get",))


@pytest.mark.parametrize(
    ("words", "values", "args"),
    [
        (["pods", "-o", "wide"], {"output": "wide"}, ["pods"]),
        (["-owide", "pods"], {"output": "wide"}, ["pods"]),
        (["-o=wide", "pods"], {"output": "wide"}, ["pods"]),
        (["--output=wide", "-A"], {"output": "wide", "all-namespaces": True}, []),
        (["-wA", "pods"], {"watch": True, "all-namespaces": True}, ["pods"]),
        (["-Aowide"], {"output": "wide", "all-namespaces": True}, []),
        (["--watch=false", "x"], {"watch": False}, ["x"]),
        (["-f", "a,b", "-f", "c"], {"filename": ["a", "b", "c"]}, []),
        (["--", "-o"], {}, ["-o"]),
        (["--chunk-size", "0x10"], {"chunk-size": 16}, []),
        (["-n", "ns", "--request-timeout=5s"], {"namespace": "ns", "request-timeout": "5s"}, []),
        (["-"], {}, ["-"]),
    ],
)
def test_flags_and_arguments_may_stand_in_any_order(words, values, args):
    parsed = flags.parse(words, GET)
    assert (parsed.values, parsed.args) == (values, args)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--foo"], "unknown flag: --foo"),
        (["-z"], "unknown shorthand flag: 'z' in -z"),
        (["-Az"], "unknown shorthand flag: 'z' in -Az"),
        (["--output"], "flag needs an argument: --output"),
        (["-o"], "flag needs an argument: 'o' in -o"),
        (
            ["-w=maybe"],
            'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["--chunk-size=a"],
            'invalid argument "a" for "--chunk-size" flag: strconv.ParseInt: parsing "a": invalid syntax',
        ),
        (["--=x"], "bad flag syntax: --=x"),
    ],
)
def test_a_wrong_flag_is_named_in_pflags_words(words, sentence):
    with pytest.raises(flags.FlagError) as caught:
        flags.parse(words, GET)
    assert str(caught.value) == sentence


def test_a_flag_that_may_stand_alone_takes_no_argument():
    parsed = flags.parse(["--dry-run", "x"], help.flags_of(("run",)))
    assert (parsed["dry-run"], parsed.args) == ("unchanged", ["x"])


def test_lists_are_parted_at_commas_but_literals_are_not():
    generic = help.flags_of(("create", "secret", "generic"))
    assert flags.parse(["--from-literal=a=1,2"], generic)["from-literal"] == ["a=1,2"]
    assert flags.parse(["--tcp=1,2"], help.flags_of(("create", "service", "clusterip")))["tcp"] == ["1", "2"]
