"""The MVCC store: revisions, history, transactions, watches, compaction."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8slab.cluster.etcd.store import CompactedError, Compare, Delete, FutureRevisionError, Get, Put, Store
from k8slab.sim.clock import Clock


@pytest.fixture
def store():
    return Store(Clock())


def test_a_fresh_store_is_at_revision_1_and_the_first_write_makes_2(store):
    assert store.revision == 1
    assert store.put("a", b"1").mod_revision == 2
    assert store.revision == 2


def test_a_key_remembers_when_it_was_made_and_how_often_it_was_written(store):
    store.put("a", b"1")
    store.put("b", b"1")
    kv = store.put("a", b"2")
    assert (kv.create_revision, kv.mod_revision, kv.version) == (2, 4, 2)
    store.delete("a")
    again = store.put("a", b"3")
    assert (again.create_revision, again.version) == (6, 1)


def test_every_older_revision_can_be_read(store):
    store.put("a", b"1")
    store.put("a", b"2")
    store.delete("a")
    assert [store.get("a", revision) and store.get("a", revision).value for revision in (1, 2, 3, 4)] == [
        None,
        b"1",
        b"2",
        None,
    ]


def test_a_range_is_in_key_order_and_says_how_many_more_there_are(store):
    for key in ("/p/c", "/p/a", "/q/x", "/p/b"):
        store.put(key, key.encode())
    found = store.range("/p/", limit=2)
    assert ([kv.key for kv in found.items], found.more, found.count) == (["/p/a", "/p/b"], True, 3)
    rest = store.range("/p/", start="/p/b\0")
    assert ([kv.key for kv in rest.items], rest.more) == (["/p/c"], False)


def test_a_range_of_the_past_shows_what_has_been_deleted_since(store):
    store.put("/p/a", b"1")
    store.put("/p/b", b"1")
    store.delete("/p/a")
    assert [kv.key for kv in store.range("/p/", revision=3).items] == ["/p/a", "/p/b"]
    assert [kv.key for kv in store.range("/p/").items] == ["/p/b"]


@pytest.mark.parametrize(
    ("compare", "holds"),
    [
        pytest.param(Compare("a", "mod", "=", 2), True, id="the revision of the last write"),
        pytest.param(Compare("a", "mod", "=", 1), False, id="an older revision"),
        pytest.param(Compare("absent", "mod", "=", 0), True, id="a key that is not there has revision 0"),
        pytest.param(Compare("a", "version", ">", 0), True, id="it exists"),
        pytest.param(Compare("a", "create", "<", 2), False, id="not made before 2"),
        pytest.param(Compare("a", "value", "=", b"1"), True, id="the value"),
        pytest.param(Compare("absent", "value", "=", b"1"), False, id="no value equals nothing"),
        pytest.param(Compare("absent", "value", "!=", b"1"), True, id="no value differs"),
    ],
)
def test_a_transaction_does_one_of_two_things(store, compare, holds):
    store.put("a", b"1")
    result = store.txn([compare], [Put("yes", b"")], [Put("no", b"")])
    assert result.succeeded is holds
    assert (store.get("yes") is not None, store.get("no") is not None) == (holds, not holds)


def test_all_writes_of_a_transaction_share_a_revision_and_reads_make_none(store):
    store.put("a", b"1")
    result = store.txn([], [Put("b", b""), Put("c", b""), Delete("a"), Get("a")])
    assert result.revision == store.revision == 3
    assert store.get("b").mod_revision == store.get("c").mod_revision == 3
    store.txn([], [Get("b"), Delete("never there")])
    assert store.revision == 3


def test_a_watch_tells_the_past_first_and_then_each_change_once(store):
    store.put("/p/a", b"1")
    store.put("/q/a", b"1")
    heard = []
    cancel = store.watch("/p/", 2, heard.append)
    store.put("/p/a", b"2")
    store.delete("/p/a")
    cancel()
    store.put("/p/a", b"3")
    assert [(e.type, e.kv.mod_revision, e.prev_kv and e.prev_kv.value) for e in heard] == [
        ("PUT", 2, None),
        ("PUT", 4, b"1"),
        ("DELETE", 5, b"2"),
    ]


def test_compaction_forgets_what_only_older_revisions_could_show(store):
    store.put("a", b"1")
    store.put("a", b"2")
    store.put("b", b"1")
    store.delete("b")
    store.put("a", b"3")
    store.compact(5)
    assert store.get("a", 5).value == b"2"
    assert store.get("b", 5) is None
    with pytest.raises(CompactedError):
        store.get("a", 4)
    with pytest.raises(CompactedError):
        store.watch("", 4, lambda event: None)
    assert [event.kv.mod_revision for event in store.events_since(5)] == [5, 6]


def test_the_future_cannot_be_read(store):
    with pytest.raises(FutureRevisionError):
        store.get("a", 2)
    with pytest.raises(FutureRevisionError):
        store.compact(9)


def test_each_revision_has_its_time():
    clock = Clock()
    store = Store(clock)
    clock.run(3)
    store.put("a", b"1")
    clock.run(4)
    store.put("a", b"2")
    assert [store.time_of(revision) for revision in (1, 2, 3)] == [0, 3, 7]


KEYS = st.sampled_from(["/p/a", "/p/b", "/p/b/c", "/q/a"])
STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete", "pair", "compact"]), KEYS, KEYS), max_size=40)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_the_store_keeps_its_history_whatever_is_done(steps):
    """A model beside it: a list with a whole dict for each revision. Every kept revision reads as it was written."""
    store = Store(Clock())
    past = [{}, {}]
    events = []
    store.watch("/p/", None, events.append)
    for number, (step, key, other) in enumerate(steps):
        now = dict(past[-1])
        if step == "put":
            store.put(key, b"%d" % number)
            now[key] = b"%d" % number
        elif step == "pair":
            store.txn([], [Put(key, b"%d" % number), Delete(other)])
            now[key] = b"%d" % number
            now.pop(other, None)
        elif step == "delete":
            store.delete(key)
            now.pop(key, None)
        elif store.compacted < store.revision - 2:
            store.compact(store.revision - 2)
        if store.revision == len(past):
            past.append(now)
        assert len(past) == store.revision + 1
    for revision in range(max(store.compacted, 1), store.revision + 1):
        read = {kv.key: kv.value for kv in store.range("", revision=revision).items}
        assert read == past[revision]
        assert list(read) == sorted(read)
    revisions = [event.kv.mod_revision for event in events]
    assert revisions == sorted(revisions)
    state = {}
    for event in events:
        assert (event.prev_kv.value if event.prev_kv else None) == state.get(event.kv.key)
        if event.type == "PUT":
            state[event.kv.key] = event.kv.value
        else:
            del state[event.kv.key]
    assert state == {key: value for key, value in past[-1].items() if key.startswith("/p/")}
