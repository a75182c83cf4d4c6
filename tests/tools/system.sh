# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tools on overlayfs and without /proc.
# shellcheck source=tests/tools/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

overlay() {
	mkdir lower upper work merged
	"$@"
	mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none merged || lacks "no overlayfs"
}

two_names() {
	plant "$v2" lower/a
	ln lower/a lower/b
}

# The first write copies the file up, and the other name keeps the old one.
system_overlay_hard_links() {
	need ghosts
	overlay two_names
	sorted fcapinspect merged
	t fcapconvert --to=3 --rootid=5 merged
	sorted fcapinspect merged
	t fcapset --caps=cap_chown=p -n 6 merged/a merged/b
	sorted fcapinspect merged
	sorted fcapinspect lower
	t fcapset --remove merged/a merged/b
	umount merged
}

hidden_ones() {
	ghost v1 lower/v1
	ghost empty lower/empty
}

system_overlay_hidden() {
	need ghosts
	overlay hidden_ones
	sorted fcapinspect merged
	local filter="jq -c '[.path, .visible, .honoured, .ghost]' | sort" errors='sort | sed "s/: there.*//"'
	t fcapinspect --format=json merged
	t fcapset cap_chown=p merged/empty
	umount merged
}

without_proc() {
	# shellcheck disable=SC2016 # another shell's
	unshare -m sh -c 'umount -l /proc && exec "$@"' sh "$@"
}

system_without_proc() {
	need mounts plain
	mkdir tree
	plant "$v2" tree/a tree/b
	sorted without_proc fcapinspect --quiet tree
	t without_proc fcapset cap_chown=p tree/a
	t without_proc fcapset --remove tree/b
	bytes tree/a tree/b
	t without_proc fcapconvert --quiet --to=3 --rootid=5 tree
	bytes tree/a
	t without_proc fcapset -v -n 5 cap_chown=p tree/a
	mkfifo fifo
	t without_proc timeout 5 fcapset cap_chown=p fifo
}

# What is in a file cannot be looked at then: that is said with what it takes.
system_without_proc_contents() {
	need mounts plain
	mkdir tree
	plant "$v2" tree/a
	without_proc fcapinspect --quiet tree >/dev/null 2>&1 || lacks "this kernel shows the attribute by /proc"
	t without_proc fcapinspect --quiet --check=script tree
	t without_proc fcapinspect --quiet tree/a
	filter='head -n 1' t without_proc fcapexplain --quiet --profile=user tree/a
}

# Whatever is asked of /proc, it is said that it is not mounted.
system_without_proc_named() {
	need mounts plain
	mkdir tree
	plant "$v2" tree/a
	t without_proc fcapinspect --local tree
	t without_proc fcapinspect --userns=pid:1 tree
	t without_proc fcapexplain --kernel=builtin --pid=1 tree/a
	t without_proc fcapexplain --kernel=builtin --userns=pid:1 tree/a
	echo '{"process": {"capabilities": {}}, "linux": {"namespaces": [{"type": "user", "path": "/proc/1/ns/user"}]}}' \
		>config.json
	t without_proc fcapexplain --kernel=builtin --oci-config=config.json tree/a
	t without_proc fcapset --userns=0:100000:65536 cap_chown=p tree/a
	t without_proc fcapconvert --map-from=pid:1 tree
	t without_proc fcapconvert --map-from=0:100000:10 --dry-run tree
	# A process that is not there is another matter.
	t fcapexplain --kernel=builtin --pid=4194304 tree/a
}

# A device is opened by way of /proc.
system_without_proc_stored() {
	need ghosts plain
	ghost v1 file
	t without_proc fcapinspect --quiet --stored file
}
