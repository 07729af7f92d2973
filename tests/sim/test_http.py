"""Requests and responses."""

from k8slab.sim.http import Request, Response


def test_a_url_with_repeated_keys_is_read_and_written_again():
    request = Request.from_url("GET", "/api/v1/pods?command=a&command=b%20c&stdin=true", {"Accept": "*/*"})
    assert request.query == {"command": ["a", "b c"], "stdin": ["true"]}
    assert (request.param("command"), request.param("absent", "x"), request.flag("stdin")) == ("a", "x", True)
    assert request.headers == {"accept": "*/*"}
    assert request.target == "/api/v1/pods?command=a&command=b+c&stdin=true"


def test_a_json_body_brings_its_content_type():
    request = Request.of("POST", "/x", params={"dryRun": "All"}, json_body={"a": 1})
    assert (request.body, request.headers["content-type"], request.param("dryRun")) == (
        b'{"a":1}',
        "application/json",
        "All",
    )


def test_a_response_reads_its_own_json():
    assert Response.of_json(200, {"name": "é"}).json() == {"name": "é"}
