"""Build checks: the rule, its words, the line."""

import pytest

from k8slab.docker.builder import checks, grammar
from k8slab.docker.builder.dockerignore import Ignore


def found(text, **options):
    return [(one.rule, one.message, one.lines[0]) for one in checks.check(grammar.parse(text), **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nMAINTAINER cool", ("MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", 2)),
        ("FROM a\nENV MYPATH /usr/local", ("LegacyKeyValueFormat", '"ENV key=value" should be used instead of legacy "ENV key value" format', 2)),
        ("FROM a\nLABEL x y", ("LegacyKeyValueFormat", '"LABEL key=value" should be used instead of legacy "LABEL key value" format', 2)),
        ("FROM a AS Build", ("StageNameCasing", "Stage name 'Build' should be lowercase", 1)),
        ("FROM a as build", ("FromAsCasing", "'as' and 'FROM' keywords' casing do not match", 1)),
        ("FROM a AS x\nFROM b AS x", ("DuplicateStageName", 'Duplicate stage name "x", stage names should be unique', 2)),
        ("FROM a AS scratch", ("ReservedStageName", 'Stage name should not use the same name as reserved stage "scratch"', 1)),
        ("FROM a\nCMD [\"x\"]\nCMD [\"y\"]", ("MultipleInstructionsDisallowed", "Multiple CMD instructions should not be used in the same stage because only the last one will be used", 2)),
        ("FROM a\nCMD x", ("JSONArgsRecommended", "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals", 2)),
        ("FROM a\nWORKDIR app", ("WorkdirRelativePath", 'Relative workdir "app" can have unexpected results if the base image changes', 2)),
        ("FROM a\nWORKDIR $NOPE", ("UndefinedVar", "Usage of undefined variable '$NOPE'", 2)),
        ("FROM a\nARG VERSION=1\nLABEL v=$VERSIO", ("UndefinedVar", "Usage of undefined variable '$VERSIO' (did you mean $VERSION?)", 3)),
        ("FROM a\nRUN x\nRUN y\nworkdir /z", ("ConsistentInstructionCasing", "Command 'workdir' should match the case of the command majority (uppercase)", 4)),
        ("ARG V\nFROM a:${V}", ("InvalidDefaultArgInFrom", "Default value for ARG a:${V} results in empty or invalid base image name", 2)),
        ("FROM a:${V}", ("UndefinedArgInFrom", "FROM argument 'V' is not declared", 1)),
        ("FROM --platform=linux/amd64 a", ("FromPlatformFlagConstDisallowed", 'FROM --platform flag should not use constant value "linux/amd64"', 1)),
        ("FROM --platform=$TARGETPLATFORM a", ("RedundantTargetPlatform", "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior", 1)),
        ("FROM a\nENV DB_PASSWORD=x", ("SecretsUsedInArgOrEnv", 'Do not use ARG or ENV instructions for sensitive data (ENV "DB_PASSWORD")', 2)),
        ("FROM a\nARG GITHUB_TOKEN", ("SecretsUsedInArgOrEnv", 'Do not use ARG or ENV instructions for sensitive data (ARG "GITHUB_TOKEN")', 2)),
        ("FROM a\nRUN x \\\n\n y", ("NoEmptyContinuation", "Empty continuation line", 2)),
        ("FROM a\nEXPOSE 80/TCP", ("ExposeProtoCasing", "Defined protocol '80/TCP' in EXPOSE instruction should be lowercase", 2)),
        ("FROM a\nEXPOSE 8080:80", ("ExposeInvalidFormat", "EXPOSE instruction should not define an IP address or host-port mapping, found '8080:80'", 2)),
    ],
)  # fmt: skip
def test_each_rule(text, expected):
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        'FROM alpine:3.20 AS build\nARG V=1\nENV A=$V PATH=$PATH:/x\nWORKDIR /w\nWORKDIR sub\nCMD ["x"]\n',
        'from a\nrun x\ncmd ["y"]\n',
        "ARG V=1\nFROM a:$V\nARG V\nLABEL v=$V\n",
        "FROM a\nENV PUBLIC_KEY=x\n",
        'FROM a\nSHELL ["bash", "-c"]\nCMD x\n',
        "FROM a AS one\nENV X=1\nFROM one\nLABEL x=$X\n",
    ],
)
def test_good_dockerfiles_have_no_findings(text):
    assert found(text) == []


def test_the_seeds_centos_file_has_all_its_findings():
    text = (
        "FROM centos\nMAINTAINER cool\n\nENV MYPATH /usr/local\nWORKDIR $MYPATH\n\nRUN yum -y install vim && yum -y install net-tools\n\n"
        'EXPOSE 80\n\nCMD echo $MYPATH\nCMD echo "successs------ok"\nCMD /bin/bash\n'
    )
    assert [(rule, line) for rule, _, line in found(text)] == [
        ("MaintainerDeprecated", 2),
        ("LegacyKeyValueFormat", 4),
        ("JSONArgsRecommended", 11),
        ("MultipleInstructionsDisallowed", 11),
        ("JSONArgsRecommended", 12),
        ("MultipleInstructionsDisallowed", 12),
        ("JSONArgsRecommended", 13),
    ]


def test_a_base_images_variables_are_known_where_the_image_is():
    text = "FROM java\nENV PATH=$JAVA_HOME/bin:$PATH\n"
    assert [one[0] for one in found(text)] == ["UndefinedVar"]
    assert found(text, base_env={"java": ["JAVA_HOME"]}) == []


def test_copying_what_dockerignore_leaves_out():
    assert found("FROM a\nCOPY a.log /x\n", ignore=Ignore("*.log")) == [
        ("CopyIgnoredFile", 'Attempting to Copy file "a.log" that is excluded by .dockerignore', 2)
    ]


def test_checks_can_be_switched_off():
    assert found("# check=skip=JSONArgsRecommended\nFROM a\nMAINTAINER m\nCMD x\n") == [
        ("MaintainerDeprecated", "Maintainer instruction is deprecated in favor of using label", 3)
    ]
    assert found("# check=skip=all\nFROM a\nMAINTAINER m\n") == []
