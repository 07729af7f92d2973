"""Status errors: what goes over the wire, in upstream's own sentences."""

import pytest

from k8slab.apimachinery import errors, gojson
from k8slab.apimachinery.errors import FieldError


@pytest.mark.parametrize(
    ("error", "code", "reason", "message", "details"),
    [
        (
            errors.not_found("deployments.apps", "web"),
            404,
            "NotFound",
            'deployments.apps "web" not found',
            {"name": "web", "group": "apps", "kind": "deployments"},
        ),
        (
            errors.already_exists("pods", "p"),
            409,
            "AlreadyExists",
            'pods "p" already exists',
            {"name": "p", "kind": "pods"},
        ),
        (
            errors.conflict("configmaps", "c"),
            409,
            "Conflict",
            'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes to '
            "the latest version and try again",
            {"name": "c", "kind": "configmaps"},
        ),
        (
            errors.forbidden("pods", "p", "no PriorityClass with name ghost was found"),
            403,
            "Forbidden",
            'pods "p" is forbidden: no PriorityClass with name ghost was found',
            {"name": "p", "kind": "pods"},
        ),
        (errors.bad_request("no"), 400, "BadRequest", "no", None),
        (errors.no_such_resource(), 404, "NotFound", "the server could not find the requested resource", {}),
        (
            errors.too_large_resource_version(9, 4),
            504,
            "Timeout",
            "Timeout: Too large resource version: 9, current: 4",
            {
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
        ),
    ],
    ids=lambda value: value.reason if isinstance(value, errors.ApiError) else "",
)
def test_an_error_carries_upstreams_sentence_and_details(error, code, reason, message, details):
    assert (error.code, error.reason, error.message) == (code, reason, message)
    assert error.status.get("details") == details
    assert str(error) == message


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FieldError.required("spec.containers"), "spec.containers: Required value"),
        (FieldError.required("a", "must be given"), "a: Required value: must be given"),
        (FieldError.invalid("a", "x", "bad"), 'a: Invalid value: "x": bad'),
        (FieldError.invalid("a", 7, "bad"), "a: Invalid value: 7: bad"),
        (FieldError.invalid("a", None, "bad"), "a: Invalid value: null: bad"),
        (FieldError.invalid("a", {"b": "<c>"}, "bad"), 'a: Invalid value: {"b":"\\u003cc\\u003e"}: bad'),
        (FieldError.not_supported("a", "x", ("p", "q")), 'a: Unsupported value: "x": supported values: "p", "q"'),
        (FieldError.duplicate("a", "x"), 'a: Duplicate value: "x"'),
        (FieldError.not_found("a", "x"), 'a: Not found: "x"'),
        (FieldError.forbidden("a", "no"), "a: Forbidden: no"),
        (FieldError.too_long("a", 63), "a: Too long: may not be more than 63 bytes"),
        (FieldError.too_many("a", 5, 3), "a: Too many: 5: must have at most 3 items"),
    ],
)
def test_a_field_error_reads_as_upstreams(error, text):
    assert str(error) == text


def test_several_causes_stand_in_brackets_and_repetitions_once():
    causes = [FieldError.required("a"), FieldError.required("b"), FieldError.required("a")]
    error = errors.invalid("Deployment.apps", "web", causes)
    assert error.message == 'Deployment.apps "web" is invalid: [a: Required value, b: Required value]'
    assert [cause["field"] for cause in error.causes] == ["a", "b", "a"]
    assert error.status["details"]["group"] == "apps"


def test_predicates_branch_on_the_reason():
    assert errors.is_not_found(errors.not_found("pods", "p"))
    assert not errors.is_not_found(errors.conflict("pods", "p"))
    assert not errors.is_conflict(ValueError("x"))
    assert errors.is_expired(errors.too_old_resource_version(1, 5))
    cause = {"reason": "DisruptionBudget", "message": "m"}
    assert errors.has_cause(errors.too_many_requests("no", causes=[cause]), "DisruptionBudget")


@pytest.mark.parametrize(("text", "quoted"), [("a", '"a"'), ('q"', '"q\\""'), ("\n\x01é", '"\\n\\x01é"')])
def test_text_is_quoted_as_go_does(text, quoted):
    assert gojson.quote(text) == quoted
