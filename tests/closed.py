#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Looks at a trace of a tool (strace -f -y) that read an input it does not trust.

closed.py TRACE INPUT [layout | magic]: all that came from a file at or below INPUT was read by a process that had closed itself by
then, and that could do nothing but read, write and compute from then on; with "layout", make files below the directory that
becomes the output as well, and read them below INPUT; with "magic", another has looked at no more than how INPUT begins and
ends. Says what is otherwise.
closed.py TRACE: how many processes had closed themselves.
"""
import re
import sys

CALL = re.compile(r'^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)')
READS = {'read', 'pread64', 'readv', 'preadv', 'preadv2', 'mmap', 'sendfile', 'splice', 'copy_file_range'}
# What a closed process is left with; all else must fail.
LEFT = READS | {'write', 'lseek', 'fstat', 'newfstatat', 'poll', 'ppoll', 'close', 'dup', 'recvmsg', 'fcntl', 'brk', 'munmap', 'mremap',
                'madvise', 'mprotect', 'futex', 'getrandom', 'clock_gettime', 'fadvise64', 'ioctl', 'exit_group', 'exit',
                'rt_sigreturn', 'sigaltstack', 'gettimeofday', 'time', 'restart_syscall'}


# What it does below a directory that it has.
BELOW = {'openat', 'mkdirat', 'renameat', 'unlinkat', 'symlinkat', 'readlinkat', 'newfstatat'}
# And with a file that it has made there.
MADE = {'fchmod', 'utimensat', 'fsync', 'getdents64'}
TEMPORARY = r'/\.vfscap\.\d+\.\d+(/[^>]*)?'


def calls(path):
    """Each where it ends: of several processes one goes on while another waits."""
    begun = {}
    for line in open(path, errors='replace'):
        line = line.rstrip('\n')
        pid = line.split(' ', 1)[0]
        if line.endswith(' <unfinished ...>'):
            begun[pid] = line[:-len(' <unfinished ...>')]
            continue
        resumed = re.match(r'\d+ +<\.\.\. \w+ resumed>(.*)', line)
        match = CALL.match(begun.pop(pid, '') + resumed[1] if resumed else line)
        if match:
            yield match.groups()


def permitted(name, arguments, wanted):
    """Of a layout: is it below one of both, by a name without a way out?"""
    place = r'\d+<(' + re.escape(wanted) + r'(/[^>]*)?|[^>]*' + TEMPORARY + r')>'
    if name in MADE:
        return re.match(place, arguments)
    names = re.findall(r'"([^"]*)"', arguments)
    return name in BELOW and re.match(place, arguments) and not any(n.startswith('/') or '..' in n for n in names)


def looks_only(name, arguments):
    """Does it compare less than a line, by which a file is known or ends?"""
    where = re.search(r', (\d+), \d+$', arguments)
    return name == 'pread64' and where and int(where[1]) < 64


def closes(name, arguments, result):
    return name == 'seccomp' and 'SECCOMP_SET_MODE_FILTER' in arguments and result == '0'


def main(trace, wanted, mode=None):
    layout = mode == 'layout'
    closed, readers, wrong = set(), set(), []
    for pid, name, arguments, result in calls(trace):
        failed = result.startswith('-')
        if closes(name, arguments, result):
            closed.add(pid)
        elif pid in closed and not failed and name not in LEFT and not (layout and permitted(name, arguments, wanted)):
            wrong.append('a closed process: %s(%.100s)' % (name, arguments))
        if name in READS and re.search(r'<' + re.escape(wanted) + r'(/[^>]*)?>', arguments):
            if mode == 'magic' and looks_only(name, arguments):
                continue
            readers.add(pid)
            if pid not in closed:
                wrong.append('not closed: %s(%.100s)' % (name, arguments))
    if not readers:
        wrong.append('nobody has read %s' % wanted)
    print('\n'.join(wrong), end='\n' if wrong else '')


if len(sys.argv) == 2:
    print(len({pid for pid, *call in calls(sys.argv[1]) if closes(*call)}))
else:
    main(*sys.argv[1:])
