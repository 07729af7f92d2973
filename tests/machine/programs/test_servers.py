"""The servers: what they answer, what they log, how they stop, what they keep in their files."""

from __future__ import annotations

import re

import pytest

from k8slab.machine import signals
from k8slab.machine.executable import GLIBC_LOADER, content
from k8slab.machine.programs.learner import program_of
from k8slab.sim.http import Response

NGINX_CONF = """user www-data;
worker_processes 2;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
    access_log /var/log/nginx/access.log;
    include /etc/nginx/conf.d/*.conf;
}
"""
DEFAULT_CONF = """server {
    listen 80;
    listen [::]:80;
    server_name localhost;
    location / { root /usr/share/nginx/html; index index.html; }
    location = /old { return 301 /new; }
    location /hello { return 200 "hi $host\\n"; }
    location /app/ { proxy_pass http://127.0.0.1:8080/; }
    error_page 500 502 503 504 /50x.html;
}
"""


def install(box, path: str, program: str, version: str = "") -> None:
    """Put an executable into the machine."""
    files = box.host.files
    files.make_directories(path.rsplit("/", 1)[0])
    files.write(path, content(program, version=version, loader=GLIBC_LOADER))
    files.change_mode(path, 0o755)


@pytest.fixture
def web(machine):
    """A Debian with nginx, curl and its usual files; logs go to stdout and stderr as in the image."""
    box = machine("debian")
    install(box, "/usr/sbin/nginx", "nginx", "1.27.3")
    install(box, "/usr/bin/curl", "curl")
    for directory in ("/etc/nginx/conf.d", "/usr/share/nginx/html", "/var/log/nginx", "/var/cache/nginx"):
        box.host.files.make_directories(directory)
    box.host.files.write("/etc/nginx/nginx.conf", NGINX_CONF)
    box.host.files.write("/etc/nginx/conf.d/default.conf", DEFAULT_CONF)
    box.host.files.write("/usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n")
    box.host.files.make_symlink("/dev/stdout", "/var/log/nginx/access.log")
    box.host.files.make_symlink("/dev/stderr", "/var/log/nginx/error.log")
    return box


def nginx(box, out: list[bytes] | None = None, err: list[bytes] | None = None):
    process = box.start(
        "nginx",
        "-g",
        "daemon off;",
        output=(out if out is not None else []).append,
        errors=(err if err is not None else []).append,
    )
    box.clock.run(1)
    return process


def test_nginx_serves_and_logs(web):
    out: list[bytes] = []
    nginx(web, out)
    answer = web.sh("curl -i http://localhost/; curl -s -o /dev/null -w '%{http_code}\\n' http://localhost/nope").stdout
    assert answer.startswith(
        "HTTP/1.1 200 OK\r\nServer: nginx/1.27.3\r\nDate: Thu, 01 Jan 2026 00:00:01 GMT\r\nContent-Type: text/html\r\nContent-Length: 27\r\n"
    )
    assert answer.endswith("<h1>Welcome to nginx!</h1>\n404\n")
    lines = b"".join(out).decode().splitlines()
    assert lines[0] == '127.0.0.1 - - [01/Jan/2026:00:00:01 +0000] "GET / HTTP/1.1" 200 27 "-" "curl/7.88.1" "-"'
    assert '"GET /nope HTTP/1.1" 404 153' in lines[1]


def test_nginx_has_a_master_and_workers_of_another_user(web):
    master = nginx(web)
    assert master.argv == ["nginx: master process nginx -g daemon off;"]
    workers = list(master.children.values())
    assert [(one.argv, one.uid) for one in workers] == [(["nginx: worker process"], 33)] * 2


def test_a_worker_that_dies_is_replaced(web):
    err: list[bytes] = []
    master = nginx(web, err=err)
    first = next(iter(master.children.values()))
    first.deliver(signals.KILL)
    web.clock.run(1)
    assert len(master.children) == 2
    assert f"worker process {first.pid} exited on signal 9" in b"".join(err).decode()


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/old", 301, "301 Moved Permanently"),
        ("/hello", 200, "hi localhost\n"),
        ("/app/", 502, "502 Bad Gateway"),
        ("/../../etc/passwd", 404, "404 Not Found"),
    ],
)
def test_nginx_follows_its_locations(web, path, status, body):
    nginx(web)
    answer = web.sh(f"curl -s -w '%{{http_code}}' 'http://localhost{path}'").stdout
    assert body in answer and answer.endswith(str(status))


def test_nginx_proxies_to_what_listens_behind_it(web):
    web.host.files.write("/etc/nginx/conf.d/back.conf", "server { listen 8080; location / { return 200 back; } }\n")
    nginx(web)
    assert web.sh("curl -s http://localhost/app/x").stdout == "back"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("server { listn 80; }", 'unknown directive "listn" in /etc/nginx/conf.d/default.conf:1'),
        ("server { listen 80 }", 'unexpected "}" in /etc/nginx/conf.d/default.conf:1'),
        ("server { listen 80;", 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf:2'),
        (
            "server { listen x:y; }",
            'invalid port in "x:y" of the "listen" directive in /etc/nginx/conf.d/default.conf:1',
        ),
        (
            "server { location / { proxy_pass http://nohost; } }",
            'host not found in upstream "nohost" in /etc/nginx/nginx.conf',
        ),
    ],
)
def test_nginx_refuses_a_broken_configuration(web, text, error):
    web.host.files.write("/etc/nginx/conf.d/default.conf", text + "\n")
    answer = web.sh("nginx -t")
    assert f"nginx: [emerg] {error}\n" in answer.stderr
    assert answer.stderr.endswith("nginx: configuration file /etc/nginx/nginx.conf test failed\n")
    assert answer.exit_code == 1


def test_a_port_that_is_taken_is_tried_five_times(web):
    nginx(web)
    answer = web.sh("nginx -g 'daemon off;'")
    assert answer.stderr.count("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)") == 5
    assert answer.stderr.endswith("nginx: [emerg] still could not bind()\n")
    assert answer.exit_code == 1


def test_nginx_stops_gracefully_and_reloads(web):
    err: list[bytes] = []
    master = nginx(web, err=err)
    web.host.files.write("/etc/nginx/conf.d/more.conf", "server { listen 81; location / { return 200 more; } }\n")
    assert web.sh("nginx -s reload; sleep 1; curl -s localhost:81").stdout == "more"
    master.deliver(signals.QUIT)
    web.clock.run(1)
    assert master.exit_code == 0
    log = b"".join(err).decode()
    assert "signal 3 (SIGQUIT) received, shutting down" in log and log.endswith("exit\n")
    assert web.sh("curl localhost").exit_code == 7


def test_httpd_serves_its_htdocs(machine):
    box = machine("debian")
    install(box, "/usr/local/apache2/bin/httpd", "httpd", "2.4.62")
    install(box, "/usr/bin/curl", "curl")
    for directory in ("conf", "htdocs", "logs"):
        box.host.files.make_directories(f"/usr/local/apache2/{directory}")
    box.host.files.write("/usr/local/apache2/conf/httpd.conf", 'Listen 80\nDocumentRoot "/usr/local/apache2/htdocs"\n')
    box.host.files.write("/usr/local/apache2/htdocs/index.html", "<html><body><h1>It works!</h1></body></html>\n")
    err: list[bytes] = []
    server = box.start("/usr/local/apache2/bin/httpd", "-D", "FOREGROUND", errors=err.append)
    box.clock.run(1)
    answer = box.sh("curl -i localhost").stdout
    assert "Server: Apache/2.4.62 (Unix)" in answer and answer.endswith("<h1>It works!</h1></body></html>\n")
    assert (
        "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1."
        in b"".join(err).decode()
    )
    server.deliver(signals.WINCH)
    box.clock.run(1)
    assert server.exit_code == 0


@pytest.fixture
def tomcat(machine):
    box = machine("almalinux")
    home = "/usr/local/apache-tomcat-9.0.41"
    install(box, f"{home}/bin/catalina.sh", "catalina", "9.0.41")
    install(box, "/usr/local/jdk1.8.0_281/bin/java", "java", "1.8.0_281")
    for directory in ("conf", "logs", "temp", "webapps/ROOT"):
        box.host.files.make_directories(f"{home}/{directory}")
    box.host.files.write(f"{home}/conf/server.xml", "<Server/>\n")
    box.host.files.write(f"{home}/webapps/ROOT/index.jsp", "<h1>Apache Tomcat/9.0.41</h1>\n")
    return box


def test_tomcat_starts_logs_and_serves(tomcat):
    err: list[bytes] = []
    process = tomcat.start(
        "/usr/local/apache-tomcat-9.0.41/bin/catalina.sh",
        "run",
        errors=err.append,
        env={"JAVA_HOME": "/usr/local/jdk1.8.0_281"},
    )
    tomcat.clock.run(5)
    log = b"".join(err).decode()
    assert re.search(
        r"INFO \[main\] org\.apache\.catalina\.startup\.Catalina\.start Server startup in \[\d+\] milliseconds\n", log
    )
    assert tomcat.sh("curl -s localhost:8080; curl -s localhost:8080/x").stdout.startswith(
        "<h1>Apache Tomcat/9.0.41</h1>\n<!doctype html>"
    )
    assert "catalina.2026-01-01.log" in tomcat.sh("ls /usr/local/apache-tomcat-9.0.41/logs").stdout
    process.deliver(signals.TERM)
    tomcat.clock.run(1)
    assert process.exit_code == 143


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "Neither the JAVA_HOME nor the JRE_HOME environment variable is defined"),
        ({"JAVA_HOME": "/nope"}, "The JAVA_HOME environment variable is not defined correctly"),
        (
            {"JAVA_HOME": "/usr/local/jdk1.8.0_281", "CATALINA_HOME": "/usr/local/apache-tomact-9.0.41"},
            "Cannot find /usr/local/apache-tomact-9.0.41/bin/setclasspath.sh",
        ),
    ],
)
def test_catalina_complains_about_its_surroundings(tomcat, env, words):
    answer = tomcat.run("/usr/local/apache-tomcat-9.0.41/bin/catalina.sh", "run", env=env)
    assert words in answer.stdout and answer.exit_code == 1


@pytest.fixture
def redis(machine):
    box = machine("debian")
    for name in ("redis-server", "redis-cli"):
        install(box, f"/usr/bin/{name}", name, "7.4.1")
    box.host.files.make_directory("/data")
    return box


def test_redis_answers_its_client(redis):
    redis.start("redis-server", cwd="/data")
    redis.clock.run(1)
    script = "redis-cli set a 1; redis-cli incr a; redis-cli get a; redis-cli get none; redis-cli rpush l x y; redis-cli lrange l 0 -1; redis-cli incr l; redis-cli nope; redis-cli set k v ex 5; redis-cli ttl k"
    assert redis.sh(script).stdout.splitlines() == [
        "OK",
        "2",
        "2",
        "",
        "2",
        "x",
        "y",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "ERR unknown command 'nope', with args beginning with: ",
        "OK",
        "5",
    ]
    redis.clock.run(10)
    assert redis.sh("redis-cli exists k").stdout == "0\n"


def test_redis_keeps_its_data_in_its_directory(redis):
    first = redis.start("redis-server", cwd="/data")
    redis.clock.run(1)
    redis.sh("redis-cli set a kept")
    first.deliver(signals.TERM)
    redis.clock.run(1)
    assert first.exit_code == 0
    redis.start("redis-server", cwd="/data")
    redis.clock.run(1)
    assert redis.sh("redis-cli get a").stdout == "kept\n"
    assert redis.sh("redis-cli -p 1 ping").stderr == "Could not connect to Redis at 127.0.0.1:1: Connection refused\n"


def test_python_serves_a_directory(machine):
    box = machine("debian")
    install(box, "/usr/bin/python3", "python3", "3.12.8")
    install(box, "/usr/bin/curl", "curl")
    err: list[bytes] = []
    server = box.start("python3", "-m", "http.server", "8000", cwd="/etc", errors=err.append)
    box.clock.run(1)
    assert (
        box.sh("curl -s localhost:8000/os-release | head -1").stdout == 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
    )
    assert box.sh("curl -s -o /dev/null -w '%{http_code}' localhost:8000/nope").stdout == "404"
    assert (
        b"".join(err).decode().splitlines()[0]
        == '127.0.0.1 - - [01/Jan/2026 00:00:01] "GET /os-release HTTP/1.1" 200 -'
    )
    server.deliver(signals.INT)
    box.clock.run(1)
    assert server.exit_code == 0


def serve(box, function, port: int = 8080):
    box.host.programs = {**box.host.programs, "mine": program_of(function, port)}
    install(box, "/usr/bin/mine", "mine")
    install(box, "/usr/bin/curl", "curl")
    out: list[bytes] = []
    process = box.start("mine", output=out.append)
    box.clock.run(1)
    return process, out


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ("text", "text 200"),
        ({"a": 1}, '{"a": 1}\n 200'),
        ((418, "tea"), "tea 418"),
        (b"raw", "raw 200"),
        (Response(201, {"x": "y"}, b"made"), "made 201"),
    ],
)
def test_a_learner_s_function_answers_http(debian, result, answer):
    serve(debian, lambda request: result)
    assert debian.sh("curl -s -w ' %{http_code}' localhost:8080/path?q=1").stdout == answer


def test_a_learner_s_exception_is_a_500_and_in_the_log(debian):
    def broken(request):
        raise KeyError("oops")

    process, out = serve(debian, broken)
    assert debian.sh("curl -s -o /dev/null -w '%{http_code}' localhost:8080").stdout == "500"
    assert "KeyError: 'oops'" in b"".join(out).decode()
    process.deliver(signals.TERM)
    debian.clock.run(0)
    assert process.exit_code == 0


def test_a_learner_s_process_lives_as_written(debian):
    def worker(process):
        for number in range(3):
            yield from process.write(1, f"tick {number}\n".encode())
            yield process.clock.timeout(10)
        return 4

    process, out = serve(debian, worker)
    debian.clock.run(40)
    assert b"".join(out) == b"tick 0\ntick 1\ntick 2\n" and process.exit_code == 4


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"\x00\xff" * 100,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"A" * 70000,
    ],
)
def test_nonsense_on_the_wire_harms_no_server(web, junk):
    nginx(web)
    install(web, "/usr/bin/nc", "nc")
    web.run("nc", "127.0.0.1", "80", stdin=junk, timeout=20)
    assert web.sh("curl -s localhost").stdout == "<h1>Welcome to nginx!</h1>\n"
