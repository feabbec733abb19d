# SPDX-License-Identifier: Apache-2.0
"""Authorities, and certificates that they signed, made by openssl."""
import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
DAYS = "30"
# One that signs what begins and ends whenever it is told to.
AUTHORITY = """
[ca]
default_ca = own
[own]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""


def _openssl(*words):
    done = subprocess.run(["openssl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, text=True)
    if done.returncode != 0:
        raise OSError(f"openssl {' '.join(words)}: {done.stdout}")


class Authority:
    """`file`: its certificate."""

    def __init__(self, folder, name):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(parents=True)
        self.file = self.folder / "ca.pem"
        self.key = self.folder / "ca.key"
        (self.folder / "index").touch()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "openssl.cnf").write_text(AUTHORITY.format(folder=self.folder))
        _openssl("req", "-x509", *KEY, "-days", DAYS, "-subj", f"/CN={name}", "-keyout",
                 str(self.key), "-out", str(self.file))

    def issue(self, name, alternative_name, period=("-days", DAYS)):
        """Returns (certificate, key), files that are there when both are whole."""
        certificate, key, request = (self.folder / f"{name}.{kind}"
                                     for kind in ("pem", "key", "csr"))
        _openssl("req", *KEY, "-subj", f"/CN={name}", "-addext",
                 f"subjectAltName={alternative_name}", "-keyout", str(key), "-out", str(request))
        _openssl("ca", "-batch", "-notext", "-config", str(self.folder / "openssl.cnf"), "-cert",
                 str(self.file), "-keyfile", str(self.key), *period, "-in", str(request), "-out",
                 str(certificate))
        return certificate, key

    def issue_expired(self, name, alternative_name):
        return self.issue(name, alternative_name,
                          ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z"))
