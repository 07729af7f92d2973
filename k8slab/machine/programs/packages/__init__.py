"""Package managers: ``apk``, ``apt-get``, ``dnf``/``yum`` over one small catalogue of packages that really add their files."""
