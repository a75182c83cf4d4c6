#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What fcapexplain says of a runtime's config.json, against what runc and crun make of it: the process of the container,
# the programs that it executes as the first thing, and those that it executes later.
# shellcheck source=tests/live.sh
. "$(dirname "$0")/live.sh"

for need in fcapexplain jq setcap; do
	if ! command -v "$need" >/dev/null; then
		skip "containers" "$need is not there"
		finish
		exit
	fi
done
if [ "$(id -u)" != 0 ] || ! can_give; then
	skip "containers" "only root, where the attribute can be set, can run them"
	finish
	exit
fi

# --------------------------------- the bundle ------------------------------

bundle=$scratch/bundle rootfs=$scratch/bundle/rootfs
chmod 755 "$scratch"
mkdir -p "$rootfs"/{proc,dev}

# program NAME MODE OWNER [CAPS [ROOTID]]
program() {
	cp "$BUILD/tests/helper_creds" "$rootfs/$1"
	chown "$3:$3" "$rootfs/$1"
	chmod "$2" "$rootfs/$1"
	[ $# -lt 4 ] || setcap ${5:+-n "$5"} "$4" "$rootfs/$1"
}
program plain 755 0
program capable 755 0 cap_net_raw,cap_chown=ep
program permits 755 0 cap_net_raw,cap_setgid=p
program inherits 755 0 cap_kill,cap_chown=ei
program empty 755 0 =
program elsewhere 755 0 cap_net_raw=ep 100000
program setuid 4755 0
program setuid-capable 4755 0 cap_net_raw=ep
program setgid 2755 7
program nssetuid 4755 100000
program nssetgid 2755 100007
programs=$(cd "$rootfs" && find . -type f -printf '/%P\n' | sort | xargs)

# config ARGS: of the case at hand. /dev is a tmpfs: what runtimes make there by themselves, they may not in a
# user namespace.
config() {
	jq -n --arg args "$1" --argjson uid "$uid" --argjson groups "[$groups]" --argjson nnp "$nnp" --arg map "$map" \
		--arg b "$bounding" --arg p "$permitted" --arg e "$effective" --arg i "$inheritable" --arg a "$ambient" '
	def set: split(",") | map("CAP_" + ascii_upcase);
	def maps: [$map | split(":") | map(tonumber) | {containerID: .[0], hostID: .[1], size: .[2]}];
	{
		ociVersion: "1.0.2",
		process: {
			user: {uid: $uid, gid: $uid, additionalGids: $groups},
			args: ($args | split(" ")), cwd: "/", noNewPrivileges: $nnp, env: ["PATH=/"],
			capabilities: {bounding: $b | set, permitted: $p | set, effective: $e | set,
				inheritable: $i | set, ambient: $a | set}
		},
		root: {path: "rootfs"},
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]}
		],
		linux: {namespaces: [{type: "mount"}, {type: "pid"}]}
	}
	| if $map == "" then . else .linux += {uidMappings: maps, gidMappings: maps} | .linux.namespaces += [{type: "user"}] end
	' >"$bundle/config.json"
}

# --------------------------------- the runtimes ----------------------------

run_runc() {
	timeout 30 runc --root "$scratch/runc" run -b "$bundle" "vfscap-$$-runc"
}

# It wants the unified hierarchy of control groups, which is not what every system has there.
run_crun() {
	# shellcheck disable=SC2016 # for the inner shell
	timeout 30 unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup &&
		exec crun --root "$1" --cgroup-manager=disabled run -b "$2" "$3"' sh "$scratch/crun" "$bundle" "vfscap-$$-crun"
}

# What does not run the simplest of all containers says why.
can_run() {
	local runtime=$1
	as 0 kill
	config /plain
	if ! command -v "$runtime" >/dev/null; then
		skip "$runtime" "it is not installed"
	elif ! "run_$runtime" </dev/null >"$scratch/.out" 2>&1; then
		skip "$runtime" "it cannot run a container here: $(tail -n 1 "$scratch/.out")"
	else
		return 0
	fi
	return 1
}

# --------------------------------- what is said, and what is ---------------

# predicted PROGRAMS [OPTION...]: objects of JSON
predicted() {
	local paths
	read -ra paths <<<"$1"
	fcapexplain -q --all --format=json --oci-config="$bundle/config.json" "${@:2}" "${paths[@]/#/$rootfs}" || [ $? = 1 ]
}

# as helper_creds prints it; ids are those of the container.
as_printed() {
	jq -r --arg uid "$uid" --arg nnp "$nnp" --arg offset "$offset" '
	def inside: . - ($offset | tonumber);
	def id($name; $e): "\($name)=\($uid)/\($e | inside)/\($e | inside)";
	def one($flag): if $flag then 1 else 0 end;
	if .outcome == "fails" then "/\(.path | split("/") | last): \(.errno)"
	else "\(id("Uid"; .euid)) \(id("Gid"; .egid)) CapInh=\(.inheritable_mask[2:]) CapPrm=\(.permitted_mask[2:]) " +
		"CapEff=\(.effective_mask[2:]) CapBnd=\(.bounding_mask[2:]) CapAmb=\(.ambient_mask[2:]) " +
		"NoNewPrivs=\(one($nnp == "true")) AT_SECURE=\(one(.secure))"
	end'
}

# gotten RUNTIME: what the container prints; a refused execve, in the words of the helper, of runc or of crun, by its
# errno
gotten() {
	# shellcheck disable=SC2016 # of what crun prints
	{ "run_$1" </dev/null 2>&1 || true; } |
		sed -E -e 's/^.*[ `](\/[a-z-]+)`?: [Oo]peration not permitted.*/\1: EPERM/' -e 's/: Operation not permitted$/: EPERM/'
}

# first PROGRAM: one that the runtime itself executes.
first() {
	local runtime want
	config "$1"
	want=$(predicted "$1" | as_printed)
	for runtime in "${runtimes[@]}"; do
		same "$runtime, $case: $1" "$want" "$(gotten "$runtime")"
	done
}

# later: all programs, executed by a process of the container: by what the first execve has made of it.
later() {
	local runtime want before sets
	config "/plain run $programs"
	before=$(predicted /plain)
	mapfile -t sets < <(jq -r '"--permitted=" + .permitted_mask, "--effective=" + .effective_mask,
		"--inheritable=" + .inheritable_mask, "--ambient=" + .ambient_mask' <<<"$before")
	want=$(as_printed <<<"$before"; predicted "$programs" "${sets[@]}" | as_printed)
	for runtime in "${runtimes[@]}"; do
		same "$runtime, $case: programs of a process of the container" "$want" "$(gotten "$runtime")"
	done
}

# --------------------------------- the cases -------------------------------

# as UID BOUNDING [PERMITTED [INHERITABLE [AMBIENT]]]: what is left out is as the one before, then empty; "-" is
# empty. The rest is set by hand, until the next one.
as() {
	uid=$1 bounding=${2/#-/} permitted=${3-$2} inheritable=${4-} ambient=${5-} nnp=false map='' offset=0 groups=''
	permitted=${permitted/#-/} inheritable=${inheritable/#-/}
	effective=$permitted
}

below() {
	map=0:100000:65536 offset=100000
}

few=net_raw,chown,kill
docker=chown,dac_override,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_raw,sys_chroot,mknod,audit_write,setfcap

# in_case WHAT: the case at hand.
in_case() {
	case=$1
	later
	for program in /capable /inherits /setuid; do
		first "$program"
	done
}

runtimes=()
for runtime in runc crun; do
	! can_run "$runtime" || runtimes+=("$runtime")
done

as 0 $docker
in_case "root as docker has it"
as 1000 $docker -
in_case "a user as docker had one before 25"
as 1000 $docker
in_case "a user as docker has one"
as 1000 $docker
nnp=true
in_case "a user under no_new_privs with a permitted set"
as 1000 $docker -
nnp=true
in_case "a user under no_new_privs without one"
as 1000 -
nnp=true
in_case "a user of a restricted pod"
as 0 $few
nnp=true
in_case "root under no_new_privs"
as 0 $few -
in_case "root without a permitted set"
as 0 $few -
nnp=true
in_case "root without a permitted set under no_new_privs"
as 1000 $few $few $few $few
groups=7
in_case "a user with ambient capabilities, in a group"
as 1000 $few chown $few
in_case "a user with inheritable capabilities"
as 1000 $few net_raw,chown
effective=
nnp=true
in_case "a user under no_new_privs with nothing effective"
as 0 $few $few,sys_admin
in_case "root that is permitted more than its bounding set"
as 1000 chown chown,net_raw
nnp=true
in_case "a user that is permitted more than its bounding set"
as 0 -
in_case "root with nothing at all"

as 0 $docker
below
in_case "root of a user namespace"
as 1000 $docker
below
in_case "a user of a user namespace"
as 1000 $docker
below
groups=7 nnp=true
in_case "a user of a user namespace under no_new_privs"
as 1000 $few $few $few $few
below
in_case "a user of a user namespace with ambient capabilities"
as 0 sys_resource,net_raw
below
in_case "root of a user namespace with what the caller may lack"

# --------------------------------- what nothing starts with ----------------

starts() {
	"run_$1" </dev/null
}

# refused WHAT SET: and fcapexplain says so.
refused() {
	local runtime
	config /plain
	for runtime in "${runtimes[@]}"; do
		gives "$runtime: $1" 1 starts "$runtime"
	done
	gives "$1" 3 fcapexplain --oci-config="$bundle/config.json" "$rootfs/plain"
	says "$1" "$2: it has what"
}

as 0 $few kill
effective=kill,chown
refused "an effective set beyond permitted" effective
as 0 kill kill chown
refused "an inheritable set beyond bounding" inheritable
finish
