"""MySQL: the first start, passwords, SQL, the words of its refusals, and a data directory that outlives the server."""

from __future__ import annotations

import pytest

from k8slab.machine import signals
from k8slab.machine.executable import GLIBC_LOADER, content
from k8slab.machine.programs.mysql.client import split
from k8slab.machine.programs.mysql.engine import Engine, Session
from k8slab.machine.programs.mysql.parser import SqlError
from k8slab.machine.terminal import Terminal, TerminalEnd

USERS = "mysql:x:999:999::/var/lib/mysql:/bin/bash\n"


def server(machine, data: object = None):
    """Return an AlmaLinux with the programs of the mysql image."""
    box = machine("almalinux")
    files = box.host.files
    for path, program in {
        "/usr/sbin/mysqld": "mysqld",
        "/usr/bin/mysql": "mysql",
        "/usr/bin/mysqladmin": "mysqladmin",
        "/usr/bin/mysqldump": "mysqldump",
        "/usr/local/bin/docker-entrypoint.sh": "mysql-entrypoint",
    }.items():
        files.write(path, content(program, version="8.4.7", loader=GLIBC_LOADER))
        files.change_mode(path, 0o755)
    files.write("/etc/passwd", USERS, append=True)
    files.make_directories("/var/lib/mysql")
    files.make_directories("/var/run/mysqld")
    return box


def start(box, **env: str):
    log: list[bytes] = []
    process = box.start("docker-entrypoint.sh", "mysqld", env=env, output=log.append)
    box.clock.run(30)
    return process, log


def test_without_a_password_it_does_not_start(machine):
    box = server(machine)
    process, log = start(box)
    assert process.exit_code == 1
    assert "Database is uninitialized and password option is not specified" in b"".join(log).decode()


def test_the_first_start_makes_what_the_environment_asks(machine):
    box = server(machine)
    process, log = start(
        box, MYSQL_ROOT_PASSWORD="123456", MYSQL_DATABASE="shop", MYSQL_USER="ann", MYSQL_PASSWORD="pw"
    )
    text = b"".join(log).decode()
    assert "MySQL init process done. Ready for start up." in text
    assert "ready for connections. Version: '8.4.7'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306" in text
    assert process.argv[0] == "mysqld" and process.uid == 999
    assert box.sh("mysql -h127.0.0.1 -uann -ppw shop -N -e 'select database(), user()'").stdout == "shop\tann@%\n"


def test_data_survive_the_server(machine):
    box = server(machine)
    process, _ = start(box, MYSQL_ROOT_PASSWORD="pw")
    box.sh(
        'mysql -uroot -ppw -e \'create database d; use d; create table t (id int auto_increment primary key, name varchar(10)); insert into t (name) values ("a"), ("b")\''
    )
    process.deliver(signals.TERM)
    box.clock.run(5)
    assert process.exit_code == 0
    assert box.host.files.list("/var/lib/mysql/d") == ["t.ibd"]
    _, log = start(box, MYSQL_ROOT_PASSWORD="another one is ignored now")
    assert "Initializing database files" not in b"".join(log).decode()
    assert box.sh("mysql -uroot -ppw d -N -e 'select * from t'").stdout == "1\ta\n2\tb\n"


@pytest.mark.parametrize(
    ("command", "error"),
    [
        ("mysql -uroot -pwrong", "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)"),
        ("mysql -uroot", "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)"),
        (
            "mysql -h127.0.0.1 -P3307 -uroot -ppw",
            "ERROR 2003 (HY000): Can't connect to MySQL server on '127.0.0.1:3307' (111)",
        ),
        ("mysql -hdb -uroot -ppw", "ERROR 2005 (HY000): Unknown MySQL server host 'db' (-3)"),
        ("mysql -uroot -ppw nodb", "ERROR 1049 (42000): Unknown database 'nodb'"),
        (
            "mysql -uroot -ppw -S /nope.sock",
            "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/nope.sock' (2)",
        ),
    ],
)
def test_refused_connections_are_worded(machine, command, error):
    box = server(machine)
    start(box, MYSQL_ROOT_PASSWORD="pw")
    answer = box.sh(f"{command} -e 'select 1'")
    assert answer.stderr.splitlines()[-1] == error and answer.exit_code == 1


def test_on_a_terminal_it_asks_greets_and_draws_tables(machine):
    box = server(machine)
    start(box, MYSQL_ROOT_PASSWORD="pw")
    screen: list[bytes] = []
    terminal = Terminal(box.clock, screen.append)
    end = TerminalEnd(terminal)
    box.host.spawn(["mysql", "-uroot", "-p"], fds={0: end, 1: end, 2: end}, env={"PATH": "/usr/bin"}, terminal=terminal)
    for line in (b"pw\n", b"select 1 as one,\n", b"'x' as letter;\n", b"select nope;\n", b"exit\n"):
        box.clock.run(1)
        terminal.type(line)
    box.clock.run(1)
    text = b"".join(screen).decode().replace("\r\n", "\n")
    assert text.startswith("Enter password: \nWelcome to the MySQL monitor.")
    assert (
        "mysql> select 1 as one,\n    -> 'x' as letter;\n+-----+--------+\n| one | letter |\n+-----+--------+\n|   1 | x      |\n+-----+--------+\n1 row in set (0.00 sec)\n\n"
        in text
    )
    assert "ERROR 1054 (42S22): Unknown column 'nope' in 'field list'\n" in text
    assert text.endswith("mysql> exit\nBye\n")


def test_a_dump_can_be_read_back(machine):
    box = server(machine)
    start(box, MYSQL_ROOT_PASSWORD="pw")
    script = "export MYSQL_PWD=pw; mysql -uroot -e \"create database a; create database b; use a; create table t (id int, s varchar(20)); insert into t values (1, 'it''s'), (2, null)\"; mysqldump -uroot a > /tmp/a.sql; mysql -uroot b < /tmp/a.sql; mysql -uroot b -N -e 'select * from t'"
    assert box.sh(script).stdout == "1\tit's\n2\tNULL\n"


# -- SQL without a server ----------------------------------------------------------------------------------------------


@pytest.fixture
def engine(debian):
    debian.host.files.make_directories("/data")
    engine = Engine(debian.host.files, "/data", "8.4.7", debian.host.unix_time)
    engine.initialize()
    engine.load()
    return engine


def run(engine: Engine, *statements: str) -> list[list[object]]:
    session = Session("root", "localhost")
    result = None
    for statement in statements:
        result = engine.execute(session, statement)
    assert result is not None
    return result.rows


FILLED = (
    "create database d",
    "use d",
    "create table t (id int not null auto_increment primary key, name varchar(10), price decimal(5,2) default 1)",
    "insert into t (name, price) values ('ant', 3), ('bee', 1), ('cat', 2)",
)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select name from t where id > 1 and name <> 'cat'", [["bee"]]),
        ("select name from t where name like 'c%' or id = 1", [["ant"], ["cat"]]),
        ("select name from t order by price desc limit 2", [["ant"], ["cat"]]),
        ("select name from t where id in (1, 3)", [["ant"], ["cat"]]),
        ("select name from t where id between 2 and 3", [["bee"], ["cat"]]),
        ("select count(*), sum(price), min(name), max(price) from t", [[3, 6, "ant", 3]]),
        ("select count(*) n from t where name is not null", [[3]]),
        ("select 1+2*3, 7/2, 7 % 3, concat('a', 'b'), upper('x'), version()", [[7, "3.5000", 1, "ab", "X", "8.4.7"]]),
        ("select @@version, database()", [["8.4.7", "d"]]),
        ("show tables", [["t"]]),
        ("show databases like 'd%'", [["d"]]),
        ("select * from t where name = 'none'", []),
        ("select now()", [["2026-01-01 00:00:00"]]),
    ],
)
def test_queries_find_what_they_ask_for(engine, query, rows):
    assert run(engine, *FILLED, query) == rows


def test_rows_change_and_go(engine):
    assert run(
        engine,
        *FILLED,
        "update t set price = price + 1 where id < 3",
        "delete from t where name = 'cat'",
        "select id, price from t",
    ) == [[1, 4], [2, 2]]
    assert run(
        engine, "use d", "truncate table t", "insert into t (name) values ('new')", "select id, price from t"
    ) == [[1, 1]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("selec 1", 1064), ("select", 1064), ("select * from", 1064), ("insert into t values (1", 1064), ("select 'open", 1064), ("create table x", 1064),
        ("select * from nope", 1146), ("select bad from t", 1054), ("use nope", 1049), ("create database d", 1007), ("drop database nope", 1008),
        ("create table t (id int)", 1050), ("drop table nope", 1051), ("insert into t (id, name) values (1, 'dup')", 1062), ("insert into t (name) values ('a', 'b')", 1136),
        ("insert into t (name) values ('much too long for it')", 1406), ("insert into t (id) values ('x')", 1366), ("select nosuch()", 1305), ("", 1065),
        ("create user 'root'@'localhost'", 1396), ("grant all on *.* to nobody", 1410), ("select " + "(" * 300 + "1" + ")" * 300, 1064),
    ],
)  # fmt: skip
def test_refusals_have_mysql_s_numbers(engine, query, code):
    with pytest.raises(SqlError) as refused:
        run(engine, *FILLED, query)
    assert refused.value.code == code


def test_without_a_database_there_are_no_tables(engine):
    with pytest.raises(SqlError, match="No database selected"):
        run(engine, "select * from t")


def test_statements_are_split_outside_of_strings():
    assert split("select ';'; select 2\\G rest") == (["select ';';", " select 2\\G"], " rest")
    assert split("-- a comment;\nselect 1;") == (["-- a comment;\nselect 1;"], "")
