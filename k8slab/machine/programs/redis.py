"""Redis: the server with its RESP protocol, persistence and log lines.

Models redis 7: strings, counters, lists, hashes, sets, expiry, INFO, SAVE. Data survive in dump.rdb (JSON inside) in the server's
directory, so a volume keeps them. Left out: transactions, scripts, pub/sub, replication, cluster, streams.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from k8slab.machine import signals
from k8slab.machine.network import Connection
from k8slab.machine.process import Process
from k8slab.machine.program import Life
from k8slab.machine.programs.resp import WRONG_TYPE, Value, Wire, encode
from k8slab.machine.programs.serving import until_told


class RedisServer:
    """The server program."""

    def run(self, process: Process) -> Life:
        """Load, serve, save."""
        self.process = process
        self.version = (process.executable.version if process.executable else "") or "7.4.1"
        self.data: dict[str, Any] = {}
        self.expires: dict[str, float] = {}
        words = process.argv[1:]
        if words[:1] in (["--version"], ["-v"]):
            yield from process.write(
                1, f"Redis server v={self.version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1\n".encode()
            )
            return 0
        settings = {words[at][2:]: words[at + 1] for at in range(len(words) - 1) if words[at].startswith("--")}
        if words and not words[0].startswith("-") and process.files.is_file(words[0]):
            for line in process.files.read_text(words[0]).splitlines():
                pieces = line.split()
                if len(pieces) > 1 and not line.startswith("#"):
                    settings.setdefault(pieces[0], pieces[1].strip('"'))
        elif words and not words[0].startswith("-"):
            yield from process.write(
                2,
                f"\n*** FATAL CONFIG FILE ERROR (Redis {self.version}) ***\nCan't open the config file: {words[0]}: No such file or directory\n".encode(),
            )
            return 1
        self.password = settings.get("requirepass", "")
        self.directory = settings.get("dir", process.files.working_directory())
        port = int(settings.get("port", "6379"))
        self._log("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", "C")
        self._log(
            f"Redis version={self.version}, bits=64, commit=00000000, modified=0, pid={process.pid}, just started", "C"
        )
        if not words:
            self._log(
                "Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf",
                "C",
                "#",
            )
        else:
            self._log("Configuration loaded", "C")
        self._log("monotonic clock: POSIX clock_gettime")
        try:
            listener = process.network.listen(port, owner=process)
        except OSError as error:
            self._log(
                f"Warning: Could not create server TCP listening socket *:{port}: bind: {error.strerror}", mark="#"
            )
            self._log(f"Failed listening on port {port} (tcp), aborting.", mark="#")
            return 1
        self._log(f"Running mode=standalone, port={port}.")
        self._log("Server initialized")
        self._load()
        self._log("Ready to accept connections tcp")
        process.hold(10 << 20)
        process.thread(self._accept(listener))
        number = yield from until_told(process, signals.TERM, signals.INT)
        self._log(f"Received SIG{signals.name(number)} scheduling shutdown...", role="signal-handler")
        self._log("User requested shutdown...", mark="#")
        self._save("Saving the final RDB snapshot before exiting.")
        self._log("Redis is now ready to exit, bye bye...", mark="#")
        listener.close()
        return 0

    def _log(self, text: str, role: str = "M", mark: str = "*") -> None:
        now = self.process.host.unix_time()
        stamp = datetime.fromtimestamp(now, UTC).strftime("%d %b %Y %H:%M:%S")
        self.process.write_now(
            1, f"{self.process.pid}:{role} {stamp}.{int(now % 1 * 1000):03d} {mark} {text}\n".encode()
        )

    def _load(self) -> None:
        try:
            saved = json.loads(self.process.files.read(f"{self.directory}/dump.rdb").removeprefix(b"REDIS0011"))
        except (OSError, ValueError):
            return
        self.data, self.expires = saved["data"], saved["expires"]
        self._log(f"Done loading RDB, keys loaded: {len(self.data)}, keys expired: 0.")
        self._log("DB loaded from disk: 0.000 seconds")

    def _save(self, message: str = "") -> bool:
        if message:
            self._log(message)
        try:
            text = json.dumps({"data": self.data, "expires": self.expires}).encode()
            self.process.files.write(f"{self.directory}/dump.rdb", b"REDIS0011" + text, 0o600)
        except OSError as error:
            self._log(
                f"Failed opening the temp RDB file temp-{self.process.pid}.rdb (in server root dir {self.directory}) for saving: {error.strerror}",
                mark="#",
            )
            return False
        self._log("DB saved on disk")
        return True

    def _accept(self, listener: Any) -> Generator[Any, Any, None]:
        while True:
            connection = yield from listener.accept()
            self.process.thread(self._session(connection))

    def _session(self, connection: Connection) -> Generator[Any, Any, None]:
        wire = Wire(connection)
        allowed = not self.password
        try:
            while True:
                there, words = yield from wire.value()
                if not there:
                    return
                if not isinstance(words, list) or not words:
                    continue
                name = str(words[0]).upper()
                arguments = [str(word) for word in words[1:]]
                if name == "AUTH":
                    allowed = arguments[-1:] == [self.password] and bool(self.password)
                    answer: Value = (
                        ("+", "OK")
                        if allowed
                        else ("-", "WRONGPASS invalid username-password pair or user is disabled.")
                    )
                elif not allowed and name != "QUIT":
                    answer = ("-", "NOAUTH Authentication required.")
                else:
                    answer = self.command(name, arguments, str(words[0]))
                yield from self.process.compute(0.00001)
                yield from connection.write(encode(answer))
                if name == "QUIT":
                    return
                if name == "SHUTDOWN":
                    self._save("Saving the final RDB snapshot before exiting.")
                    self.process.terminate(0)
        except OSError:
            return
        finally:
            connection.close()

    # -- commands ------------------------------------------------------------------------------------------------------

    def command(self, name: str, words: list[str], given: str = "") -> Value:
        """Return the answer to one command."""
        self._expire()
        least = {
            "SET": 2,
            "GET": 1,
            "DEL": 1,
            "INCR": 1,
            "DECR": 1,
            "INCRBY": 2,
            "EXPIRE": 2,
            "TTL": 1,
            "EXISTS": 1,
            "LPUSH": 2,
            "RPUSH": 2,
            "LRANGE": 3,
            "LPOP": 1,
            "RPOP": 1,
            "LLEN": 1,
            "HSET": 3,
            "HGET": 2,
            "HGETALL": 1,
            "SADD": 2,
            "SMEMBERS": 1,
            "KEYS": 1,
            "TYPE": 1,
            "APPEND": 2,
            "STRLEN": 1,
            "SETEX": 3,
            "SETNX": 2,
            "PERSIST": 1,
        }
        handler = self.COMMANDS.get(name)
        if handler is None:
            shown = " ".join(f"'{word}'" for word in words)
            return (
                "-",
                f"ERR unknown command '{given or name}', with args beginning with: {shown}" + (" " if shown else ""),
            )
        if len(words) < least.get(name, 0):
            return ("-", f"ERR wrong number of arguments for '{name.lower()}' command")
        return handler(self, words)

    def _expire(self) -> None:
        now = self.process.host.unix_time()
        for key in [key for key, when in self.expires.items() if when <= now]:
            self.data.pop(key, None)
            del self.expires[key]

    def _set(self, words: list[str]) -> Value:
        options = [word.upper() for word in words[2:]]
        if "NX" in options and words[0] in self.data:
            return None
        if "XX" in options and words[0] not in self.data:
            return None
        self.data[words[0]] = words[1]
        self.expires.pop(words[0], None)
        for name, unit in (("EX", 1.0), ("PX", 0.001)):
            if name in options and options.index(name) + 1 < len(options):
                self.expires[words[0]] = self.process.host.unix_time() + float(options[options.index(name) + 1]) * unit
        return ("+", "OK")

    def _get(self, words: list[str]) -> Value:
        value = self.data.get(words[0])
        return value if value is None or isinstance(value, str) else WRONG_TYPE

    def _delete(self, words: list[str]) -> Value:
        return sum(self.data.pop(word, None) is not None for word in words)

    def _add(self, key: str, amount: str, sign: int = 1) -> Value:
        value = self.data.get(key, "0")
        if not isinstance(value, str):
            return WRONG_TYPE
        try:
            total = int(value) + sign * int(amount)
        except ValueError:
            return ("-", "ERR value is not an integer or out of range")
        self.data[key] = str(total)
        return total

    def _expire_at(self, words: list[str]) -> Value:
        if words[0] not in self.data:
            return 0
        if not words[1].lstrip("-").isdigit():
            return ("-", "ERR value is not an integer or out of range")
        self.expires[words[0]] = self.process.host.unix_time() + int(words[1])
        return 1

    def _ttl(self, words: list[str]) -> Value:
        if words[0] not in self.data:
            return -2
        if words[0] not in self.expires:
            return -1
        return max(0, round(self.expires[words[0]] - self.process.host.unix_time()))

    def _list(self, words: list[str], *, left: bool) -> Value:
        value = self.data.setdefault(words[0], [])
        if not isinstance(value, list):
            return WRONG_TYPE
        for word in words[1:]:
            value.insert(0 if left else len(value), word)
        return len(value)

    def _range(self, words: list[str]) -> Value:
        value = self.data.get(words[0], [])
        if not isinstance(value, list):
            return WRONG_TYPE
        first, last = int(words[1]), int(words[2])
        size = len(value)
        first = max(0, first + size if first < 0 else first)
        last = last + size if last < 0 else last
        return value[first : last + 1]

    def _pop(self, words: list[str], *, left: bool) -> Value:
        value = self.data.get(words[0])
        if value is None:
            return None
        if not isinstance(value, list):
            return WRONG_TYPE
        item = value.pop(0 if left else -1)
        if not value:
            del self.data[words[0]]
        return item

    def _hash_set(self, words: list[str]) -> Value:
        value = self.data.setdefault(words[0], {})
        if not isinstance(value, dict) or "\0set" in value:
            return WRONG_TYPE
        new = sum(words[at] not in value for at in range(1, len(words) - 1, 2))
        value.update({words[at]: words[at + 1] for at in range(1, len(words) - 1, 2)})
        return new

    def _hash_all(self, words: list[str]) -> Value:
        value = self.data.get(words[0], {})
        return [item for pair in value.items() for item in pair] if isinstance(value, dict) else WRONG_TYPE

    def _set_add(self, words: list[str]) -> Value:
        value = self.data.setdefault(words[0], {"\0set": ""})
        if not isinstance(value, dict) or "\0set" not in value:
            return WRONG_TYPE
        new = sum(word not in value for word in words[1:])
        value.update(dict.fromkeys(words[1:], ""))
        return new

    def _type(self, words: list[str]) -> Value:
        value = self.data.get(words[0])
        kinds = {str: "string", list: "list", dict: "hash", type(None): "none"}
        return ("+", "set" if isinstance(value, dict) and "\0set" in value else kinds[type(value)])

    def _info(self, words: list[str]) -> Value:
        sections = {
            "server": f"# Server\r\nredis_version:{self.version}\r\nredis_mode:standalone\r\nos:Linux {self.process.host.kernel} x86_64\r\nprocess_id:{self.process.pid}\r\ntcp_port:6379\r\nuptime_in_seconds:{int(self.process.clock.now - self.process.started)}\r\n",
            "clients": "# Clients\r\nconnected_clients:1\r\n",
            "memory": f"# Memory\r\nused_memory:{self.process.memory_bytes}\r\nmaxmemory:0\r\n",
            "keyspace": "# Keyspace\r\n"
            + (f"db0:keys={len(self.data)},expires={len(self.expires)},avg_ttl=0\r\n" if self.data else ""),
        }
        wanted = [word.lower() for word in words] or list(sections)
        return "\r\n".join(sections[name] for name in wanted if name in sections)

    def _flush(self, words: list[str]) -> Value:
        self.data.clear()
        self.expires.clear()
        return ("+", "OK")

    def _config(self, words: list[str]) -> Value:
        known = {
            "dir": self.directory,
            "maxmemory": "0",
            "save": "3600 1 300 100 60 10000",
            "appendonly": "no",
            "port": "6379",
        }
        if words[:1] and words[0].upper() == "GET":
            return [
                item for name, value in known.items() if fnmatch.fnmatchcase(name, words[1]) for item in (name, value)
            ]
        return ("+", "OK")

    COMMANDS: dict[str, Callable[[RedisServer, list[str]], Value]] = {
        "PING": lambda self, words: words[0] if words else ("+", "PONG"),
        "ECHO": lambda self, words: words[0] if words else ("-", "ERR wrong number of arguments for 'echo' command"),
        "SET": _set, "GET": _get, "DEL": _delete, "UNLINK": _delete,
        "SETEX": lambda self, words: self._set([words[0], words[2], "EX", words[1]]),
        "SETNX": lambda self, words: int(self._set([*words[:2], "NX"]) is not None),
        "INCR": lambda self, words: self._add(words[0], "1"), "DECR": lambda self, words: self._add(words[0], "1", -1),
        "INCRBY": lambda self, words: self._add(words[0], words[1]), "DECRBY": lambda self, words: self._add(words[0], words[1], -1),
        "APPEND": lambda self, words: self._join(words),
        "STRLEN": lambda self, words: len(self.data.get(words[0], "")),
        "EXISTS": lambda self, words: sum(word in self.data for word in words),
        "EXPIRE": _expire_at, "TTL": _ttl, "PERSIST": lambda self, words: int(self.expires.pop(words[0], None) is not None),
        "KEYS": lambda self, words: sorted(fnmatch.filter(self.data, words[0])),
        "DBSIZE": lambda self, words: len(self.data), "FLUSHALL": _flush, "FLUSHDB": _flush,
        "LPUSH": lambda self, words: self._list(words, left=True), "RPUSH": lambda self, words: self._list(words, left=False),
        "LPOP": lambda self, words: self._pop(words, left=True), "RPOP": lambda self, words: self._pop(words, left=False),
        "LRANGE": _range, "LLEN": lambda self, words: len(self.data.get(words[0], [])),
        "HSET": _hash_set, "HGET": lambda self, words: self.data.get(words[0], {}).get(words[1]), "HGETALL": _hash_all,
        "HLEN": lambda self, words: len(self.data.get(words[0], {})),
        "SADD": _set_add, "SMEMBERS": lambda self, words: sorted(word for word in self.data.get(words[0], {}) if word != "\0set"),
        "SCARD": lambda self, words: max(0, len(self.data.get(words[0], {})) - 1),
        "TYPE": _type, "INFO": _info, "CONFIG": _config, "SELECT": lambda self, words: ("+", "OK"),
        "SAVE": lambda self, words: ("+", "OK") if self._save() else ("-", "ERR"),
        "BGSAVE": lambda self, words: ("+", "Background saving started") if self._save() else ("-", "ERR"),
        "COMMAND": lambda self, words: [], "CLIENT": lambda self, words: ("+", "OK"), "HELLO": lambda self, words: ("-", "NOPROTO unsupported protocol version"),
        "QUIT": lambda self, words: ("+", "OK"), "SHUTDOWN": lambda self, words: ("+", "OK"),
    }  # fmt: skip

    def _join(self, words: list[str]) -> int:
        self.data[words[0]] = str(self.data.get(words[0], "")) + words[1]
        return len(self.data[words[0]])
