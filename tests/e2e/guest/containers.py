# SPDX-License-Identifier: Apache-2.0
"""Containers of Podman and systemd-nspawn on overlayfs: what each reads is counted once, under its
container's label, by the path that it or the host sees. Then the daemon itself in a container, with
what the DaemonSet gives it and no more."""
import io
import json
import pathlib
import re
import shutil
import subprocess
import tarfile

from harness import checks, daemon, endpoint, kernel, programs

MANIFEST = pathlib.Path("/opt/containers/vfswatchd.yaml")
IMAGE = pathlib.Path("/opt/containers/vfswatchd.tar")
READER_IMAGE = "localhost/reader"
FILE = "/data/file"
CONTENT = b"0123456789" * 1000
BYTES, CALLS = 100, 40
# capabilities(7)
BITS = {"PERFMON": 38, "BPF": 39}
READ = (BYTES * CALLS, CALLS)
MACHINE, MACHINE_TREE = "alpha-1", pathlib.Path("/srv/machine")
STORAGE = "/var/lib/containers/storage/overlay"
PODMANS_PROFILE = pathlib.Path("/usr/share/containers/seccomp.json")
PROFILE = pathlib.Path("/srv/seccomp.json")
STATE, PINS = pathlib.Path("/var/lib/vfswatchd"), pathlib.Path("/sys/fs/bpf/vfswatchd")
HOST_DATA = pathlib.Path("/srv/containers")


def podman(*words):
    return subprocess.run(["podman", *words], check=True, text=True, stdout=subprocess.PIPE).stdout


def said(name):
    return daemon.command("podman", "logs", name)[1][-2000:]


def tree_of(reader):
    """{path: (mode, content)} of a system that can do nothing but read its one file."""
    return {"readers": (0o755, reader.read_bytes()), FILE.lstrip("/"): (0o644, CONTENT)}


def make_image(reader):
    """One layer: what is read lies below the one that a container writes to."""
    archive = pathlib.Path("/srv/reader.tar")
    with tarfile.open(archive, "w") as tar:
        for name, (mode, content) in tree_of(reader).items():
            member = tarfile.TarInfo(name)
            member.mode, member.size = mode, len(content)
            tar.addfile(member, io.BytesIO(content))
    podman("import", "--quiet", str(archive), READER_IMAGE)


def make_machine(reader):
    for name in ("usr/lib", "etc", "dev", "proc", "sys", "run", "tmp", "var"):
        (MACHINE_TREE / name).mkdir(parents=True)
    (MACHINE_TREE / "usr/lib/os-release").write_text("ID=reader\n")
    for name, (mode, content) in tree_of(reader).items():
        path = MACHINE_TREE / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)


def words_to_read(calls):
    return ["/readers", "-n", str(calls), "-b", str(BYTES), FILE]


def run_container(calls=CALLS):
    """Reads in a container of its own; returns its id."""
    name = podman("create", "--network=none", READER_IMAGE, *words_to_read(calls)).strip()
    podman("start", "--attach", name)
    return name


def run_machine():
    subprocess.run(["systemd-nspawn", "--quiet", f"--machine={MACHINE}",
                    f"--directory={MACHINE_TREE}", "--volatile=overlay", "--register=yes",
                    *words_to_read(CALLS)], check=True, stdin=subprocess.DEVNULL)


def by_container(target):
    """{(path, container): (bytes, calls)}"""
    page = endpoint.scrape(target)
    found = {}
    for family, place in ((endpoint.FILE_BYTES, 0), (endpoint.FILE_CALLS, 1)):
        for labels, value in page.samples(family, target=target):
            row = found.setdefault((labels["path"], labels["container"]), [0, 0])
            row[place] += value
    return {key: tuple(row) for key, row in found.items()}


def check_reader_view(check):
    daemon.start({"targets": [{"name": "inside", "paths": {"include": ["/data/**"]},
                               "labels": ["container"]}]})
    one, other = run_container(), run_container(2 * CALLS)
    run_machine()
    wanted = {(FILE, one): READ, (FILE, other): (2 * READ[0], 2 * READ[1]),
              (FILE, MACHINE): READ}
    seen = endpoint.until_equal(lambda: by_container("inside"), wanted)
    check.equal("as the containers see it", seen, wanted)
    check.equal("nothing is lost", endpoint.scrape().losses(), {})
    for name in (one, other):
        podman("rm", name)


def check_host_view(check):
    daemon.start({"path_view": "host", "targets": [
        {"name": "storage", "paths": {"include": [f"{STORAGE}/**/data/**"]},
         "labels": ["container"]}]})
    name = podman("create", "--network=none", READER_IMAGE, *words_to_read(CALLS)).strip()
    podman("init", name)
    merged = json.loads(podman("inspect", name))[0]["GraphDriver"]["Data"]["MergedDir"]
    podman("start", "--attach", name)
    wanted = {(f"{merged}{FILE}", name): READ}
    seen = endpoint.until_equal(lambda: by_container("storage"), wanted)
    check.equal("as the host sees it", seen, wanted)
    check.true("its root is an overlay", "/overlay/" in merged and merged.endswith("/merged"), merged)
    podman("rm", name)
    daemon.stop()


# The daemon in a container

def capabilities():
    """What the manifest adds after it has dropped all."""
    text = MANIFEST.read_text()
    found = re.search(r"drop: \[ALL\]\n\s+add: \[([A-Z_, ]+)\]", text)
    return found[1].split(", ")


def profile_with_bpf():
    """What the operator's guide says of a runtime whose own profile knows neither capability."""
    profile = json.loads(PODMANS_PROFILE.read_text())
    wanted = ["bpf", "perf_event_open"]
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in wanted]
    profile["syscalls"].append({"names": wanted, "action": "SCMP_ACT_ALLOW"})
    PROFILE.write_text(json.dumps(profile))
    return PROFILE


def run_daemon(image, profile):
    """With the manifest's capabilities, and its mounts."""
    return podman(
        "run", "--detach", "--pid=host", "--network=host", "--read-only", "--user=0",
        "--cap-drop=all", *(f"--cap-add={name}" for name in capabilities()),
        "--security-opt=no-new-privileges", f"--security-opt=seccomp={profile}",
        f"--volume={daemon.CONFIG.parent}:/etc/vfswatchd:ro",
        "--volume=/sys/fs/bpf:/sys/fs/bpf", f"--volume={STATE}:{STATE}", "--tmpfs=/run",
        "--memory=512m", image).strip()


def answers(path):
    try:
        return endpoint.get(path).status == 200
    except OSError:
        return False


def capability_bits(name):
    pid = podman("inspect", "--format", "{{.State.Pid}}", name).strip()
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {key: int(re.search(f"{key}:\t([0-9a-f]+)", status)[1], 16)
            for key in ("CapPrm", "CapEff", "CapBnd")}


def check_refusal(check, image):
    """Podman's own profile refuses BPF to whoever is not CAP_SYS_ADMIN."""
    name = run_daemon(image, PODMANS_PROFILE)
    status = podman("wait", name).strip()
    check.equal("refused by Podman's profile: status", status, "69")
    check.true("refused by Podman's profile: why", "a container's seccomp filter" in said(name),
               said(name))
    podman("rm", name)


def start_daemon(check, image):
    name = run_daemon(image, profile_with_bpf())
    check.true("the image's daemon is ready", checks.until(lambda: answers("/readyz"), 120),
               said(name))
    return name


def stop_daemon(check, name):
    podman("stop", "--time=60", name)
    check.equal("ends with 0",
                podman("inspect", "--format", "{{.State.ExitCode}}", name).strip(), "0")
    podman("rm", name)


def read_on_host():
    subprocess.run([programs.READERS, "-n", str(CALLS), "-b", str(BYTES), str(HOST_DATA / "file")],
                   check=True, stdout=subprocess.DEVNULL)


def check_host_counts(check, what, times):
    wanted = {str(HOST_DATA / "file"): (times * READ[0], times * READ[1])}
    seen = endpoint.until_equal(lambda: endpoint.scrape().files(target="host"), wanted)
    check.equal(what, seen, wanted)


def check_daemon_in_container(check):
    # The service's own are another user's.
    shutil.rmtree(STATE, ignore_errors=True)
    shutil.rmtree(PINS, ignore_errors=True)
    STATE.mkdir()
    HOST_DATA.mkdir()
    (HOST_DATA / "file").write_bytes(CONTENT)
    daemon.configure({"listen": [{"address": "0.0.0.0:9974"}], "path_view": "host",
                      "persist_on_stop": True,
                      "targets": [{"name": "host", "paths": {"include": [f"{HOST_DATA}/**"]}},
                                  {"name": "storage", "labels": ["container"], "paths": {
                                      "include": [f"{STORAGE}/**/data/**"]}}]})
    image = podman("load", "--quiet", "-i", str(IMAGE)).strip().rpartition(": ")[2]
    check_refusal(check, image)
    name = start_daemon(check, image)
    bits = sum(1 << BITS[word] for word in capabilities())
    check.equal("its capabilities", capability_bits(name),
                {"CapPrm": bits, "CapEff": bits, "CapBnd": bits})
    read_on_host()
    check_host_counts(check, "counts what the host reads", 1)
    check_other_container(check)
    check.equal("nothing is lost there", endpoint.scrape().losses(), {})
    stop_daemon(check, name)
    read_on_host()
    name = start_daemon(check, image)
    check_host_counts(check, "another container goes on with the counts", 2)
    stop_daemon(check, name)
    check.equal("unpin", daemon.command("vfswatchctl", "unpin")[0], 0)


def check_other_container(check):
    reader = run_container()
    wanted = {("reader", reader): READ}

    def look():
        return {("reader" if path.endswith(f"/merged{FILE}") else path, container): row
                for (path, container), row in by_container("storage").items()}

    check.equal("counts what another container reads", endpoint.until_equal(look, wanted), wanted)
    podman("rm", reader)


def body(check):
    reader = pathlib.Path(programs.READERS)
    make_image(reader)
    make_machine(reader)
    checks.say("the images are made")
    for part in (check_reader_view, check_host_view, check_daemon_in_container):
        part(check)
        checks.say(f"{part.__name__} is done")
    # What it frees is freed a moment later.
    checks.until(lambda: not kernel.objects(), 30)
    check.equal("the kernel has nothing of it", kernel.objects(), set())


checks.run("containers", body)
