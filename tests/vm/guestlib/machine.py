# SPDX-License-Identifier: Apache-2.0
"""One QEMU process: its devices, and the sockets that are the other ends of its ports."""
import ctypes
import signal
import socket
import subprocess

from guestlib import host

MEMORY = "2048"
PORTS = ("vm.control", "vm.stdout", "vm.stderr", "vm.fetch")

# panic=-1 with -no-reboot: a panic ends QEMU (with --reboots it boots, and the command says so). An oops is as bad: a test must not pass after one.
# net.ifnames=0: the interface is eth0, as the guest's init expects.
# no_timer_check: the kernel counts timer ticks during a short busy loop and panics when there are
# too few; on a busy host the loop is over before QEMU has run.
# softlockup_panic: a processor that is stuck for 40 s ends the guest, and loglevel=5 lets the
# console show where (see session.py).
KERNEL_OPTIONS = ("console=ttyS0 quiet loglevel=5 panic=-1 oops=panic softlockup_panic=1 "
                  "watchdog_thresh=20 net.ifnames=0 no_timer_check")
SYSTEMD_OPTIONS = "systemd.show_status=0"
PR_SET_PDEATHSIG = 1


class Machine:
    """A started guest; `close` ends it whatever its state."""

    def __init__(self, kernel, options, input_tar, root_image, console):
        self.ports = {}  # port name -> our end
        theirs = {}
        for name in PORTS:
            self.ports[name], theirs[name] = socket.socketpair()
        arguments = [*_processor(kernel, options), *_boot(kernel, options),
                     *_disks(kernel, input_tar, root_image), *_network(options),
                     *_ports(theirs, console)]
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(
            [host.tool("qemu-system-x86_64"), *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
            pass_fds=[end.fileno() for end in theirs.values()],
            # Dies with this tool even if that is killed outright.
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        for end in theirs.values():
            end.close()

    def close(self):
        """Ends QEMU; returns what it said of itself."""
        self.process.kill()
        errors = self.process.communicate()[1].decode(errors="replace").strip()
        for end in self.ports.values():
            end.close()
        return errors


def _processor(kernel, options):
    if options.icount:
        # Virtual nanoseconds are instructions; that needs one processor, in one thread.
        speed = ["-accel", "tcg,thread=single", "-icount", "shift=0", "-smp", "1"]
    else:
        speed = ["-accel", "tcg,thread=multi", "-smp", str(options.cpus)]
    return ["-machine", "q35", "-cpu", kernel.cpu, "-m", MEMORY, *speed, "-nodefaults",
            "-no-user-config", "-display", "none",
            *([] if options.reboots else ["-no-reboot"])]


def _boot(kernel, options):
    mode = "vm.minimal" if options.minimal else SYSTEMD_OPTIONS
    return ["-kernel", str(kernel.vmlinuz), "-initrd", str(kernel.initramfs),
            "-append", f"{KERNEL_OPTIONS} {mode} {options.cmdline}".strip()]


def _disks(kernel, input_tar, root_image):
    images = {"input": input_tar}
    if root_image is not None:
        images.update(root=root_image, modules=kernel.modules_image)
    arguments = []
    for name, path in images.items():
        # A comma separates options; doubled it is one.
        escaped = str(path).replace(",", ",,")
        arguments += ["-drive", f"id={name},if=none,format=raw,file={escaped},snapshot=on,"
                                "cache=unsafe",
                      "-device", f"virtio-blk-pci,drive={name},serial={name}"]
    return arguments


def _network(options):
    forwards = "".join(f",hostfwd=tcp:127.0.0.1:{ours}-:{theirs}"
                       for ours, theirs in options.forwards)
    return ["-netdev", f"user,id=net,restrict=on{forwards}",
            "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]


def _ports(ends, console):
    escaped = str(console).replace(",", ",,")
    arguments = ["-chardev", f"file,id=console,path={escaped}", "-serial", "chardev:console",
                 "-device", "virtio-serial-pci"]
    for number, (name, end) in enumerate(ends.items(), start=1):
        arguments += ["-chardev", f"socket,id=port{number},fd={end.fileno()}",
                      "-device", f"virtserialport,nr={number},chardev=port{number},name={name}"]
    return arguments
