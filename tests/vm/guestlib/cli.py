# SPDX-License-Identifier: Apache-2.0
"""The command line of tests/vm/vm."""
import argparse
import signal
import sys
import traceback

from guestlib import host, kernels, rootimage, session

GUEST_FAILED = 125


def main(arguments):
    options = _parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    try:
        return options.action(options)
    except host.VmError as error:
        host.say(str(error))
        return GUEST_FAILED
    except OSError as error:
        host.say(f"{error.filename or 'host'}: {error.strerror}")
        return GUEST_FAILED
    except Exception:  # pylint: disable=broad-except
        # Python's own status for this, 1, would pass for the command's.
        traceback.print_exc()
        return GUEST_FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _interrupted(number, _frame):
    # Unwinds through every `finally`, so that QEMU ends and folders go.
    sys.exit(128 + number)


def _parser():
    parser = argparse.ArgumentParser(prog="vm", description="Real kernels for tests, under QEMU.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    run = verbs.add_parser("run", help="run one command in a fresh guest")
    run.add_argument("--kernel", choices=kernels.SOURCES, default=kernels.DEFAULT)
    run.add_argument("--minimal", action="store_true", help="busybox only, no systemd")
    run.add_argument("--cpus", type=_positive, default=2, metavar="N")
    run.add_argument("--icount", action="store_true",
                     help="virtual nanoseconds are instructions; one processor")
    run.add_argument("--cmdline", default="", metavar="STR", help="added to the kernel's")
    run.add_argument("--copy", dest="copies", type=_pair, action="append", default=[],
                     metavar="SRC:DST", help="host file or folder into the guest")
    run.add_argument("--fetch", dest="fetches", type=_pair, action="append", default=[],
                     metavar="SRC:DST", help="guest file or folder to the host, afterwards")
    run.add_argument("--forward", dest="forwards", type=_ports, action="append", default=[],
                     metavar="HOSTPORT:GUESTPORT", help="127.0.0.1:HOSTPORT is the guest's port")
    run.add_argument("--reboots", action="store_true",
                     help="the guest may boot again; the command is then run again")
    run.add_argument("--timeout", type=_positive, default=600, metavar="SECONDS")
    run.add_argument("command", nargs="+", metavar="COMMAND")
    run.set_defaults(action=session.run)
    prepare = verbs.add_parser("prepare", help="fetch and make all that run needs")
    prepare.add_argument("--kernel", dest="kernels", choices=kernels.SOURCES, action="append")
    prepare.set_defaults(action=_prepare)
    return parser


def _prepare(options):
    for name in options.kernels or kernels.SOURCES:
        kernels.prepare(name)
    rootimage.prepare()
    return 0


def _pair(text):
    source, colon, target = text.rpartition(":")
    if not (source and colon and target):
        raise argparse.ArgumentTypeError(f"{text!r} is not SRC:DST")
    return source, target


def _ports(text):
    ours, theirs = _pair(text)
    return _port(ours), _port(theirs)


def _port(text):
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
