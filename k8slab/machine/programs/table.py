"""Every program of this package by the name that executable files carry. A composition root adds those of other packages."""

from __future__ import annotations

from functools import partial

from k8slab.machine.program import Table
from k8slab.machine.programs import accounts, administration, stress, tools
from k8slab.machine.programs.catalina import Catalina
from k8slab.machine.programs.httpd import Httpd
from k8slab.machine.programs.java import Java
from k8slab.machine.programs.mysql.client import Mysql, MysqlAdmin, MysqlDump
from k8slab.machine.programs.mysql.entrypoint import MysqlEntrypoint
from k8slab.machine.programs.mysql.server import Mysqld
from k8slab.machine.programs.nginx import Nginx
from k8slab.machine.programs.packages import apk, apt, dnf
from k8slab.machine.programs.python import Python
from k8slab.machine.programs.redis import RedisServer
from k8slab.machine.programs.redis_cli import RedisCli
from k8slab.machine.programs.tool import Function, Tool

MORE_TOOLS: dict[str, Function] = {
    "addgroup": accounts.groupadd,
    "adduser": accounts.useradd,
    "apk": apk.apk,
    "apt": apt.apt,
    "apt-get": apt.apt,
    "apt-cache": apt.apt,
    "deluser": accounts.userdel,
    "dnf": dnf.dnf,
    "dpkg": apt.dpkg,
    "dumb-init": administration.tini,
    "groupadd": accounts.groupadd,
    "journalctl": administration.journalctl,
    "rpm": dnf.rpm,
    "stress": stress.stress,
    "su": administration.su,
    "sudo": administration.sudo,
    "systemctl": administration.systemctl,
    "tini": administration.tini,
    "useradd": accounts.useradd,
    "userdel": accounts.userdel,
    "usermod": accounts.usermod,
    "yum": dnf.dnf,
    "yum-config-manager": dnf.yum_config_manager,
}
SERVERS: Table = {
    "catalina": Catalina,
    "httpd": Httpd,
    "java": Java,
    "mysql": Mysql,
    "mysql-entrypoint": MysqlEntrypoint,
    "mysqladmin": MysqlAdmin,
    "mysqld": Mysqld,
    "mysqldump": MysqlDump,
    "nginx": Nginx,
    "python3": Python,
    "redis-cli": RedisCli,
    "redis-server": RedisServer,
}

PROGRAMS: Table = {
    **tools.TOOLS,
    **tools.SHELLS,
    **{name: partial(Tool, function) for name, function in MORE_TOOLS.items()},
    **SERVERS,
    "busybox": tools.busybox,
}
