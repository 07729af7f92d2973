"""daemon.json: what dockerd makes of it, and what keeps it from starting."""

import pytest

from k8slab.docker.daemon_config import ConfigError, parse


def test_mirrors_and_pools_are_read():
    config = parse(
        '{"registry-mirrors": ["https://mirror.lab"], "bip": "192.168.9.1/24", "default-address-pools": [{"base": "10.9.0.0/16", "size": 24}]}'
    )
    assert config.registry_mirrors == ["https://mirror.lab/"]
    assert str(config.bridge_address) == "192.168.9.1/24"
    assert len(config.address_pools) == 256


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"registry-mirrors": ["https://a.lab",]}', "invalid character ']' looking for beginning of value"),
        ('{"registry-mirrors": ["https://a.lab"]', "unexpected EOF"),
        ('{"registry-mirror": []}', "the following directives don't match any configuration option: registry-mirror"),
        ('{"debug": "yes"}', "json: cannot unmarshal string into Go struct field Config.Debug of type bool"),
        ('{"registry-mirrors": ["a.lab"]}', "invalid mirror: no scheme specified"),
        ('{"bip": "172"}', "invalid CIDR address: 172"),
    ],
)  # fmt: skip
def test_what_keeps_the_daemon_from_starting(text, words):
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert words in str(caught.value)


def test_an_empty_file_is_no_configuration():
    assert parse("").registry_mirrors == []
