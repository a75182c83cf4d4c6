# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# RPM packages: what they say of their files, and packages that are not whole.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# spec: a package of five files, three of which have capabilities
spec() {
	cat <<-'END'
		Name: p
		Version: 1
		Release: 1
		Summary: a package
		License: none
		BuildArch: noarch
		%description
		A package.
		%install
		mkdir -p %{buildroot}/usr/bin %{buildroot}/opt/p
		for file in ping both empty plain; do echo x >%{buildroot}/usr/bin/$file; done
		%files
		%caps(cap_net_raw=ep) %attr(755,root,root) /usr/bin/ping
		%caps(cap_chown,cap_fowner=eip) %attr(4711,nobody,users) /usr/bin/both
		%caps(=) %attr(644,root,root) /usr/bin/empty
		%attr(755,root,root) /usr/bin/plain
		%dir %attr(755,root,root) /opt/p
	END
}

# package [-bs]: p.rpm, or the source package
package() {
	need rpmbuild
	spec >p.spec
	rpmbuild "${1:--bb}" --quiet --define "_topdir $PWD/top" --define "_rpmdir $PWD" --define "_srcrpmdir $PWD" \
		--define '_build_name_fmt p.rpm' p.spec >log 2>&1 || lacks "rpmbuild does not make a package"
	[ -e p.rpm ] || mv ./*.src.rpm p.rpm
	[[ $(fcapinspect rpm:p.rpm 2>&1) != *librpm* ]] || lacks "the tools were built without librpm"
}

# text NEW FILE: the package with another text of the same length for /usr/bin/ping
text() {
	sed "s/cap_net_raw=ep/$1/" p.rpm >"$2"
}

rpm_files() {
	package
	t fcapinspect rpm:p.rpm
	t fcapinspect --all rpm:p.rpm
	t fcapinspect p.rpm
	t fcapinspect file:p.rpm
	mkdir tree
	ln p.rpm tree
	t fcapinspect tree
	t fcapinspect --format=getfattr rpm:p.rpm
	t fcapinspect --check rpm:p.rpm
}

rpm_own_attribute() {
	need root
	package
	chmod 755 p.rpm
	plant "$v3" p.rpm
	t fcapinspect p.rpm
	t fcapinspect rpm:./p.rpm
}

rpm_json() {
	package
	records . fcapinspect --format=json rpm:p.rpm
	records '[.source, .path, .rel, .type, .mode, .text, .error]' fcapinspect --all --format=json p.rpm
}

rpm_texts() {
	package
	text cap_net_raw+ep plus.rpm
	t fcapinspect rpm:plus.rpm
	text '= cap_chown+ep' equals.rpm
	t fcapinspect rpm:equals.rpm
	text '=p cap_chown+i' all.rpm
	through 'tail -n 1' fcapinspect rpm:all.rpm
}

rpm_broken_texts() {
	package
	local broken
	for broken in cap_net_rar=ep '13=ep 12=p    ' cap_net_raw=ex $'cap_\033[31m=e\377pp'; do
		text "$broken" broken.rpm
		t fcapinspect rpm:broken.rpm
	done
	records '[.path, .mode, .view, .value, .visible, .honoured, .error]' fcapinspect --format=json rpm:broken.rpm
	t fcapinspect --all broken.rpm
}

# Never a crash, never silence: whole, or an error with a line of its own.
rpm_cut() {
	package
	local size i status
	size=$(stat -c %s p.rpm)
	for ((i = 0; i < size; i += 113)); do
		head -c "$i" p.rpm >./cut
		status=0
		fcapinspect rpm:cut >out 2>err || status=$?
		echo "$status, $(wc -l <err) line of errors"
	done | sort -u
	head -c -1 p.rpm >./cut
	t fcapinspect rpm:cut
	t fcapinspect cut
	head -c 200 p.rpm >./cut
	t fcapinspect rpm:cut
	t fcapinspect cut
	(cat p.rpm && echo more) >long
	t fcapinspect rpm:long
}

rpm_not_one() {
	package
	: >empty
	seq 999 >text
	head -c 5000 p.rpm | tail -c 4000 >middle
	(head -c 96 p.rpm && seq 9999) >garbage
	t fcapinspect rpm:empty rpm:text rpm:middle rpm:garbage rpm:missing rpm: rpm:-
	t fcapinspect garbage
	mkfifo fifo
	mkdir directory
	t fcapinspect rpm:fifo rpm:directory rpm:/dev/zero
	t fcapinspect fifo /dev/zero
	records '[.source, .path, .rel, .type, .error]' fcapinspect --format=json rpm:garbage
}

rpm_source() {
	package -bs
	t fcapinspect rpm:p.rpm
}

rpm_quiet_home() {
	package
	need strace
	mkdir home
	echo '%_dbpath %(echo expanded >&2)' >home/.rpmmacros
	HOME=$PWD/home t fcapinspect rpm:p.rpm
	HOME=$PWD/home ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o trace -e trace=openat,execve,socket fcapinspect rpm:p.rpm >out 2>&1 ||
		lacks "strace cannot trace"
	t grep -c -e rpmmacros -e /rpmrc -e /var/lib/rpm -e socket trace
}

# fcapset does not write packages: what would help is done elsewhere.
rpm_explained() {
	package
	t fcapexplain --profile=docker --bounding=none -v rpm:p.rpm
}
