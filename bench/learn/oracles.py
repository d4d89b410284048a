# SPDX-License-Identifier: Apache-2.0
"""The implementations we compare with: Debian's scikit-learn and R's glasso.

They pull a Boost that conflicts with ours, so they live in a root of their own (YAGURA_ORACLES,
else build/oracles), made by debootstrap when it is not there: that needs root and Debian's mirror.
Where it cannot be made, `Oracles.there` is false, and the parts say that they quote older
measurements.
"""

import os
import pathlib
import shutil
import subprocess
import sys

PACKAGES = ["python3-sklearn", "r-cran-glasso"]


class Oracles:
    def __init__(self, folder):
        """`folder` None: none are used."""
        chosen = os.environ.get("YAGURA_ORACLES")
        self.root = pathlib.Path(chosen) if chosen and folder else folder
        self.there = self.root is not None and self._make()

    def python(self, script, *arguments, stdin=b""):
        """What a script prints under the system Python of the root; bytes in, bytes out."""
        return self._run("python3", "-c", script, *map(str, arguments), stdin=stdin)

    def r(self, script, *arguments, stdin=b""):
        return self._run("Rscript", "-e", script, *map(str, arguments), stdin=stdin)

    def _run(self, *command, stdin):
        one_thread = {name: "1" for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]}
        return subprocess.run(["chroot", str(self.root), *command], check=True, input=stdin,
                              stdout=subprocess.PIPE, env={**os.environ, **one_thread}).stdout

    def _make(self):
        if (self.root / "usr/lib/R/site-library/glasso").is_dir():
            return True
        if os.geteuid() != 0 or shutil.which("debootstrap") is None:
            print("bench-learn: no oracles: that needs root, and debootstrap", file=sys.stderr)
            return False
        print(f"bench-learn: installing {', '.join(PACKAGES)} in {self.root}", file=sys.stderr)
        try:
            self._bootstrap()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"bench-learn: no oracles: {error}", file=sys.stderr)
            return False
        return True

    def _bootstrap(self):
        self.root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", "--include=ca-certificates",
                        "bookworm", str(self.root)], check=True, stdout=sys.stderr)
        # How this machine reaches its mirror: proxies and certificates.
        for path in ["etc/resolv.conf", "etc/apt/apt.conf.d", "etc/ssl/certs"]:
            source = pathlib.Path("/", path)
            if source.is_dir():
                shutil.copytree(source, self.root / path, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy(source, self.root / path)
        apt = ["chroot", str(self.root), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
        subprocess.run([*apt, "update"], check=True, stdout=sys.stderr)
        subprocess.run([*apt, "install", "-y", "--no-install-recommends", *PACKAGES], check=True,
                       stdout=sys.stderr)
