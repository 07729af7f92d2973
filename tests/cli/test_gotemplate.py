"""Go templates, against expected texts and against the real kubectl where it is installed."""

import base64
import shutil
import subprocess

import pytest

from k8slab.cli.gotemplate.execute import Struct, Template
from k8slab.cli.gotemplate.nodes import TemplateError

CONFIG_MAP = {
    "apiVersion": "v1",
    "data": {"a": "b", "c": "d"},
    "kind": "ConfigMap",
    "metadata": {"creationTimestamp": None, "name": "x"},
}
TEMPLATES = [
    "{{.metadata.name}}",
    "{{.nope}} {{.nope.x}} {{.metadata.creationTimestamp}}",
    '{{printf "%q %5d|%-6s|%v %T" .metadata.name 3 "ab" .data .data}}',
    "{{range $k,$v := .data}}{{$k}}={{$v}} {{end}}",
    '{{if eq .kind "ConfigMap" "x"}}y{{else if .x}}z{{end}}',
    "a  {{- 3 -}}  x",
    '{{len .data}} {{index .data "a"}} {{index .data "zz"}}',
    "{{.}}",
    "{{with .data}}{{.a}}{{end}}{{with .nope}}{{.}}{{else}}none{{end}}",
    '{{"x" | printf "%s-%s" "y"}}',
    '{{slice "abcdef" 1 3}}',
    '{{and 1 0}} {{or 0 "x"}} {{not 1}}',
    "{{/* c */}}a",
    '{{define "T"}}[{{.}}]{{end}}{{template "T" .kind}}',
    "{{lt 1 2}} {{ge 2.5 1.0}} {{ne 1 2}}",
    """{{html "<a>"}} {{js "it's"}} {{urlquery "a b"}}""",
    "{{range .data}}{{.}}{{else}}none{{end}}{{range .nope}}{{.}}{{else}}none{{end}}",
    "{{$x := 1}}{{$x = 2}}{{$x}}",
    '{{range $i, $e := .data}}{{if eq $i "c"}}{{break}}{{end}}{{$e}}{{end}}',
    '{{true}} {{print 1 2 "a" "b" 3}} {{println .kind}}',
    '{{(index .data "a") | len}} {{$.kind}} {{.data.a | printf "%s"}}',
    "{{1.5}} {{1e3}} {{0x10}} {{'a'}} {{100000000000000000000.0}} {{1e21}} {{1e-7}} {{1234567.5}} {{999999.0}} {{0.0001}} {{-1500000.0}}",
    '{{printf "%d %s %x %t" "a" 1 255 true}} {{printf "%d" 1 2}} {{printf "%d"}}',
    '{{block "B" .kind}}<{{.}}>{{end}}',
]
MISTAKES = [
    "{{nope}}",
    "{{.a",
    "{{eq 1 1.0}}",
    "{{nil}}",
    "{{len 3}}",
    "{{range 3}}{{.}}{{end}}",
    "{{index .data 1}}",
    '{{"a" "b"}}',
    "{{end}}",
    "{{if}}{{end}}",
    "{{if true}}",
    "{{$y}}",
    '{{template "none"}}',
    "{{.kind.x}}",
    "{{.kind 1}}",
    "line\n{{len 3}}",
    '{{"unclosed}}',
    "{{(1}}",
]

needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl on the PATH to compare with")


def ours(template):
    functions = {"base64decode": lambda text: base64.b64decode(text).decode()}
    return Template(template, name="output", functions=functions).render(CONFIG_MAP)


def real(template):
    command = ["kubectl", "create", "configmap", "x", "--from-literal=a=b", "--from-literal=c=d", "--dry-run=client"]
    return subprocess.run([*command, f"-o=go-template={template}"], capture_output=True, text=True)


@needs_kubectl
@pytest.mark.parametrize("template", TEMPLATES)
def test_it_prints_what_go_prints(template):
    assert ours(template) == real(template).stdout


@needs_kubectl
@pytest.mark.parametrize("template", MISTAKES)
def test_mistakes_have_gos_words(template):
    with pytest.raises(TemplateError) as caught:
        ours(template)
    words = str(caught.value)
    assert real(template).stderr.strip().endswith(words)


def test_a_struct_names_the_field_it_does_not_have():
    class Row(Struct):
        type_name = "*formatter.ContainerContext"

    with pytest.raises(
        TemplateError, match=r"template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type"
    ):
        Template("{{.Nope}}").render(Row(ID="x"))
    assert Template("{{.ID}} {{upper .ID}}", functions={"upper": str.upper}).render(Row(ID="x")) == "x X"
