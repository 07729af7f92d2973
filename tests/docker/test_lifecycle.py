"""What ends a container, how, and whether it comes back."""

import pytest
from docker.errors import APIError, NotFound

from k8slab.docker import restart_policy


def state(container):
    container.reload()
    return container.attrs["State"]


def test_stop_waits_ten_seconds_for_a_process_that_does_not_listen(world, client):
    box = client.containers.run("alpine", "sleep 1000", detach=True)
    before = world.clock.now
    box.stop()
    assert 10 <= world.clock.now - before < 10.2
    assert (state(box)["Status"], state(box)["ExitCode"]) == ("exited", 137)


def test_a_shell_with_a_trap_ends_at_once(world, client):
    box = client.containers.run(
        "alpine", ["sh", "-c", "trap 'echo bye; exit 0' TERM; while true; do sleep 1; done"], detach=True
    )
    world.clock.run(1)
    before = world.clock.now
    box.stop()
    assert world.clock.now - before < 2
    assert (state(box)["ExitCode"], box.logs()) == (0, b"bye\n")


def test_with_an_init_sleep_dies_of_the_signal(client):
    box = client.containers.run("alpine", "sleep 1000", detach=True, init=True)
    box.exec_run("true")
    box.stop(timeout=5)
    assert state(box)["ExitCode"] == 143


def test_kill_sends_other_signals_without_waiting(client):
    box = client.containers.run("alpine", ["sh", "-c", "trap 'exit 9' USR1; while true; do sleep 1; done"], detach=True)
    box.exec_run("true")
    box.kill("USR1")
    assert box.wait()["StatusCode"] == 9
    with pytest.raises(APIError, match="is not running"):
        box.kill()
    with pytest.raises(APIError, match="invalid signal: NOPE"):
        box.kill("NOPE")


def test_memory_beyond_the_limit_is_the_end(world, client):
    box = client.containers.run("alpine", "sleep 1000", detach=True, mem_limit="16m")
    world.engine.containers.find(box.id).live.process.hold(32 << 20)
    found = (box.wait(), state(box))
    assert found[0]["StatusCode"] == 137 and found[1]["OOMKilled"] is True


@pytest.mark.parametrize(
    ("policy", "code", "stopped", "count", "again"),
    [
        ("no", 1, False, 0, False),
        ("always", 0, False, 99, True),
        ("always", 0, True, 0, False),
        ("unless-stopped", 1, False, 0, True),
        ("on-failure", 0, False, 0, False),
        ("on-failure", 1, False, 2, True),
        ("on-failure", 1, False, 3, False),
    ],
)
def test_who_is_started_again(policy, code, stopped, count, again):
    wanted = {"Name": policy, "MaximumRetryCount": 3 if policy == "on-failure" else 0}
    assert restart_policy.should_restart(wanted, code, count, manually_stopped=stopped) is again


def test_back_off_doubles_up_to_a_minute_and_starts_anew_after_ten_good_seconds():
    waits = [0.0]
    for _ in range(12):
        waits.append(restart_policy.next_backoff(waits[-1], 0.1))
    assert waits[1:5] == [0.1, 0.2, 0.4, 0.8] and waits[-1] == 60
    assert restart_policy.next_backoff(60, 10) == 0.1


def test_on_failure_gives_up_after_its_retries(world, client):
    box = client.containers.run(
        "alpine", "sh -c 'exit 1'", detach=True, restart_policy={"Name": "on-failure", "MaximumRetryCount": 3}
    )
    world.clock.run(0.15)
    assert state(box)["Status"] == "restarting"
    world.clock.run(10)
    assert (state(box)["Status"], box.attrs["RestartCount"]) == ("exited", 3)


def test_a_stopped_container_stays_stopped(world, client):
    box = client.containers.run("alpine", "sleep 1000", detach=True, restart_policy={"Name": "always"})
    box.kill()
    world.clock.run(5)
    assert state(box)["Status"] == "exited"
    box.start()
    assert state(box)["Running"]


def test_auto_remove_takes_the_container_and_its_anonymous_volumes(world, client):
    box = client.containers.run("alpine", "true", detach=True, auto_remove=True, volumes=["/anon"])
    world.clock.run(1)
    with pytest.raises(NotFound, match="No such container"):
        client.containers.get(box.id)
    assert client.volumes.list() == []


def test_pause_holds_still(world, client):
    box = client.containers.run("alpine", ["sh", "-c", "while true; do echo tick; sleep 1; done"], detach=True)
    world.clock.run(2.5)
    box.pause()
    ticks = len(box.logs())
    world.clock.run(10)
    assert (state(box)["Status"], len(box.logs())) == ("paused", ticks)
    with pytest.raises(APIError, match="is paused, unpause the container before exec"):
        box.exec_run("true")
    box.unpause()
    world.clock.run(2)
    assert len(box.logs()) > ticks


def test_restart_keeps_the_writable_layer(client):
    box = client.containers.run("alpine", ["sh", "-c", "echo x >> /count; sleep 1000"], detach=True)
    box.exec_run("true")
    box.restart(timeout=0)
    assert box.exec_run("cat /count").output == b"x\nx\n"


def test_update_changes_limits_of_a_running_container(world, client):
    box = client.containers.run("alpine", "sleep 1000", detach=True)
    box.update(mem_limit="64m")
    assert world.engine.containers.find(box.id).live.cgroup.memory_max == 64 << 20
    box.reload()
    assert box.attrs["HostConfig"]["Memory"] == 64 << 20


def test_health_goes_from_starting_to_unhealthy_to_healthy(world, client):
    check = {"test": ["CMD-SHELL", "test -f /ok"], "interval": 10**9, "retries": 2}
    box = client.containers.run("alpine", "sleep 1000", detach=True, healthcheck=check)
    assert state(box)["Health"]["Status"] == "starting"
    world.clock.run(3)
    assert (box.health, state(box)["Health"]["FailingStreak"] >= 2, box.health) == ("starting", True, "unhealthy")
    box.exec_run("touch /ok")
    world.clock.run(2)
    assert state(box)["Health"] == {"Status": "healthy", "FailingStreak": 0, "Log": box.attrs["State"]["Health"]["Log"]}


def test_a_script_without_its_interpreter_says_so(world, client):
    box = client.containers.create("alpine", "/s.sh")
    world.engine.containers.find(box.id).upper.put("s.sh", _script("#!/bin/nosuch\n"))
    box.start()
    assert box.wait()["StatusCode"] == 255
    assert box.logs() == b"exec /s.sh: no such file or directory\n"


def _script(text):
    from k8slab.machine.fs.inode import File

    return File(text.encode(), 0o755)


def test_container_prune_takes_what_does_not_run(client):
    kept = client.containers.run("alpine", "sleep 100", detach=True)
    gone = client.containers.create("alpine")
    assert client.containers.prune()["ContainersDeleted"] == [gone.id]
    assert client.containers.list(all=True) == [kept]


def test_the_daemon_stops_and_comes_up_again(world, client):
    client.containers.run("alpine", "sleep 1000", detach=True, name="always", restart_policy={"Name": "always"})
    client.containers.run("alpine", "sleep 1000", detach=True, name="once")
    down = world.clock.process(world.engine.shut_down())
    assert world.clock.run_until(down, 100)
    assert client.containers.list() == []
    world.engine.come_up()
    assert [box.name for box in client.containers.list()] == ["always"]
