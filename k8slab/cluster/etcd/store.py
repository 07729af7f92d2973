"""The MVCC store: every write makes a new revision of the whole store, and every older revision can still be read.

Models etcd server/storage/mvcc (revisions, tombstones, compaction, watchable store) and the v3 Txn: compare, then one of
two lists of operations, all at one revision. Like etcd, a fresh store is at revision 1 and the first write makes 2.

Left out: the wire protocol, authentication, several members (raft), defragmentation, key ranges other than a prefix.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from k8slab.sim.clock import Clock


class KeyValue(NamedTuple):
    """A key at one revision. *version* counts its writes since it was created."""

    key: str
    value: bytes
    create_revision: int
    mod_revision: int
    version: int


class Event(NamedTuple):
    """What a watcher hears. *type* is PUT or DELETE; for DELETE *kv* has only the key and the revision of the deletion."""

    type: str
    kv: KeyValue
    prev_kv: KeyValue | None


@dataclass(frozen=True, slots=True)
class Range:
    """The answer to `Store.range`: *more* says that the limit cut it off, *count* is how many there are in all."""

    items: list[KeyValue]
    more: bool
    count: int
    revision: int


class Compare(NamedTuple):
    """A condition of a transaction: *target* is ``mod``, ``create``, ``version`` or ``value``; *op* is ``=``, ``!=``, ``<``, ``>``.

    A key that does not exist has 0 for each number, and no value.
    """

    key: str
    target: str
    op: str
    expected: int | bytes


class Put(NamedTuple):
    """Write *value* at *key*; with *lease* it goes when the lease ends."""

    key: str
    value: bytes
    lease: int = 0


class Delete(NamedTuple):
    """Remove *key*, if it is there."""

    key: str


class Get(NamedTuple):
    """Read *key*."""

    key: str


Operation = Put | Delete | Get


class TxnResult(NamedTuple):
    """Whether the comparisons held, the store's revision after it, and what each operation answered (a KeyValue or None)."""

    succeeded: bool
    revision: int
    responses: list[KeyValue | None]


class CompactedError(Exception):
    """The revision asked for has been compacted away."""

    def __init__(self, asked: int, compacted: int) -> None:
        super().__init__("etcdserver: mvcc: required revision has been compacted")
        self.asked, self.compacted = asked, compacted


class FutureRevisionError(Exception):
    """The revision asked for has not been written yet."""

    def __init__(self, asked: int, current: int) -> None:
        super().__init__("etcdserver: mvcc: required revision is a future revision")
        self.asked, self.current = asked, current


class _Watcher:
    __slots__ = ("notify", "stopped")

    def __init__(self, notify: Callable[[Event], None]) -> None:
        self.notify = notify
        self.stopped = False


class Store:
    """Keys and values, with all their history since the last compaction. Writing takes no time; watchers hear at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.revision = 1
        #: Revisions below this one can no longer be read.
        self.compacted = 0
        self._current: dict[str, KeyValue] = {}
        # key -> its versions, oldest first; a tombstone is a KeyValue of version 0.
        self._history: dict[str, list[KeyValue]] = {}
        self._keys: list[str] = []
        # Keys that came since the last range: sorting them in by dozens is cheaper than one by one.
        self._new_keys: list[str] = []
        self._log: list[Event] = []
        self._times: list[float] = [clock.now, clock.now]
        self._watchers: dict[str, list[_Watcher]] = {}  # by prefix
        # Who watches a folder, worked out once for all the keys in it. Prefixes that are not whole folders are tried each time.
        self._folder_watchers: dict[str, list[_Watcher]] = {}
        self._odd_prefixes: list[str] = []
        #: Called after each put; `Leases` uses it.
        self.on_put: Callable[[Put, KeyValue], None] | None = None

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, key: str, revision: int | None = None) -> KeyValue | None:
        """Return *key* as of *revision* (now by default), or None. Raises CompactedError and FutureRevisionError."""
        if revision is None:
            return self._current.get(key)
        self._check(revision)
        return self._at(key, revision)

    def range(self, prefix: str, *, revision: int | None = None, limit: int = 0, start: str | None = None) -> Range:
        """Return the keys that begin with *prefix*, in key order, from *start* on, at most *limit* of them (0: all)."""
        if revision is not None:
            self._check(revision)
        keys = self._sorted_keys()
        index = bisect_left(keys, start if start is not None and start > prefix else prefix)
        end = bisect_left(keys, prefix + "\U0010ffff") if prefix else len(keys)
        found: list[KeyValue] = []
        if revision is None or revision == self.revision:
            current = self._current
            for position in range(index, end):
                kv = current.get(keys[position])
                if kv is not None:
                    found.append(kv)
        else:
            for position in range(index, end):
                kv = self._at(keys[position], revision)
                if kv is not None:
                    found.append(kv)
        count = len(found)
        more = bool(limit) and count > limit
        return Range(found[:limit] if more else found, more, count, self.revision)

    def time_of(self, revision: int) -> float:
        """Return the virtual second at which *revision* was written."""
        if revision > self.revision:
            raise FutureRevisionError(revision, self.revision)
        return self._times[max(revision, 0)]

    def _sorted_keys(self) -> list[str]:
        if self._new_keys:
            self._keys += self._new_keys
            self._keys.sort()
            self._new_keys.clear()
        return self._keys

    def _at(self, key: str, revision: int) -> KeyValue | None:
        versions = self._history.get(key)
        if not versions:
            return None
        index = bisect_right(versions, revision, key=_mod_revision)
        if not index:
            return None
        kv = versions[index - 1]
        return kv if kv.version else None

    def _check(self, revision: int) -> None:
        if revision < self.compacted:
            raise CompactedError(revision, self.compacted)
        if revision > self.revision:
            raise FutureRevisionError(revision, self.revision)

    # -- writing -----------------------------------------------------------------------------------------------------

    def txn(
        self, compares: Sequence[Compare], success: Sequence[Operation], failure: Sequence[Operation] = ()
    ) -> TxnResult:
        """Do *success* if all *compares* hold, otherwise *failure*; all writes share one new revision."""
        holds = all(map(self._holds, compares))
        operations = success if holds else failure
        events: list[Event] = []
        responses = [self._do(operation, events) for operation in operations]
        if events:
            self.revision += 1
            self._times.append(self._clock.now)
            self._log += events
            for event in events:
                self._tell(event)
        return TxnResult(holds, self.revision, responses)

    def put(self, key: str, value: bytes) -> KeyValue:
        """Write without a condition."""
        kv = self.txn((), (Put(key, value),)).responses[0]
        assert kv is not None
        return kv

    def delete(self, key: str) -> bool:
        """Remove *key* without a condition; return whether it was there."""
        return self.txn((), (Delete(key),)).responses[0] is not None

    def _holds(self, compare: Compare) -> bool:
        kv = self._current.get(compare.key)
        if compare.target == "mod":
            actual: Any = kv.mod_revision if kv else 0
        elif compare.target == "create":
            actual = kv.create_revision if kv else 0
        elif compare.target == "version":
            actual = kv.version if kv else 0
        else:
            if kv is None:
                return compare.op == "!="
            actual = kv.value
        if compare.op == "=":
            return actual == compare.expected
        if compare.op == "!=":
            return actual != compare.expected
        return actual < compare.expected if compare.op == "<" else actual > compare.expected

    def _do(self, operation: Operation, events: list[Event]) -> KeyValue | None:
        key = operation.key
        before = self._current.get(key)
        if isinstance(operation, Get):
            return before
        revision = self.revision + 1
        if isinstance(operation, Delete):
            if before is None:
                return None
            tombstone = KeyValue(key, b"", 0, revision, 0)
            del self._current[key]
            self._history[key].append(tombstone)
            events.append(Event("DELETE", tombstone, before))
            return before
        if before is not None:
            kv = KeyValue(key, operation.value, before.create_revision, revision, before.version + 1)
            self._history[key].append(kv)
        else:
            kv = KeyValue(key, operation.value, revision, revision, 1)
            versions = self._history.get(key)
            if versions is None:
                self._history[key] = [kv]
                self._new_keys.append(key)
            else:
                versions.append(kv)
        self._current[key] = kv
        events.append(Event("PUT", kv, before))
        if self.on_put is not None:
            self.on_put(operation, kv)
        return kv

    # -- watching ----------------------------------------------------------------------------------------------------

    def watch(self, prefix: str, start_revision: int | None, notify: Callable[[Event], None]) -> Callable[[], None]:
        """Call *notify* for each event under *prefix* from *start_revision* on (from now if None), in revision order.

        What has already happened is told before this returns. Returns a function that ends the watch.
        Raises CompactedError.
        """
        if start_revision is not None:
            for event in self.events_since(start_revision, prefix):
                notify(event)
        watcher = _Watcher(notify)
        self._set_watchers(prefix, [*self._watchers.get(prefix, ()), watcher])

        def cancel() -> None:
            watcher.stopped = True
            self._set_watchers(prefix, [other for other in self._watchers[prefix] if other is not watcher])

        return cancel

    def _set_watchers(self, prefix: str, watchers: list[_Watcher]) -> None:
        self._watchers[prefix] = watchers
        self._folder_watchers.clear()
        self._odd_prefixes = [each for each in self._watchers if not each.endswith("/")]

    def events_since(self, start_revision: int, prefix: str = "") -> list[Event]:
        """Return what happened under *prefix* from *start_revision* on. Raises CompactedError."""
        if start_revision < self.compacted:
            raise CompactedError(start_revision, self.compacted)
        index = bisect_left(self._log, start_revision, key=_event_revision)
        return [event for event in self._log[index:] if event.kv.key.startswith(prefix)]

    def _tell(self, event: Event) -> None:
        key = event.kv.key
        for prefix in self._odd_prefixes:
            if key.startswith(prefix):
                _notify(self._watchers[prefix], event)
        folder = key[: key.rfind("/") + 1]
        watchers = self._folder_watchers.get(folder)
        if watchers is None:
            watchers = self._folder_watchers[folder] = self._watchers_above(folder)
        _notify(watchers, event)

    def _watchers_above(self, folder: str) -> list[_Watcher]:
        """Return the watchers of *folder* and of the folders around it, the outermost first."""
        found: list[_Watcher] = []
        end = folder.find("/") + 1
        while end:
            found += self._watchers.get(folder[:end], ())
            end = folder.find("/", end) + 1
        return found

    # -- history -----------------------------------------------------------------------------------------------------

    def compact(self, revision: int) -> None:
        """Forget everything that only revisions below *revision* could show. Raises as `get` does."""
        if revision <= self.compacted:
            raise CompactedError(revision, self.compacted)
        if revision > self.revision:
            raise FutureRevisionError(revision, self.revision)
        self.compacted = revision
        gone = False
        for key, versions in list(self._history.items()):
            index = bisect_right(versions, revision, key=_mod_revision)
            if index:
                # The newest version at *revision* stays, unless it is a tombstone: nobody can read that any more.
                index = index if not versions[index - 1].version else index - 1
                del versions[:index]
                if not versions:
                    del self._history[key]
                    gone = True
        if gone:
            self._keys = [key for key in self._sorted_keys() if key in self._history]
        del self._log[: bisect_left(self._log, revision, key=_event_revision)]


def _notify(watchers: Sequence[_Watcher], event: Event) -> None:
    for watcher in watchers:
        if not watcher.stopped:
            watcher.notify(event)


def _mod_revision(kv: KeyValue) -> int:
    return kv.mod_revision


def _event_revision(event: Event) -> int:
    return event.kv.mod_revision
