#!/bin/bash
# Boots this folder's files in a container of this machine's own files (an overlay: nothing of them is changed, nothing is
# downloaded), with systemd as its first process, and tries what ends a session: kills, hangs, a stopped X server.
# Xvfb stands in Xorg's place and an unused console in the first one's, because a real one may be somebody's.
# Usage: try-in-a-container.sh [--programs FOLDER]     needs root and what `cargo xtask install` installs
#   --programs FOLDER  tapward-shield, tapward-agent, tapward-launch as built; a stand-in speaks as each that is not there
# Ends with 0 when everything held, 1 when something did not, 77 when this machine cannot run it: then nothing was tried.
# shellcheck disable=SC2016,SC2317  # Words for another shell; functions that others call by name.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
programs=
if [ "${1:-}" = --programs ]; then programs=$2; fi

not_run() { echo "NOT RUN  $1"; exit 77; }
[ "$(id -u)" = 0 ] || not_run "needs root"
cgroups=$(awk '$9 == "cgroup2" || $10 == "cgroup2" || / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
[ -n "$cgroups" ] || not_run "this machine has no control groups of version 2"
for program in Xvfb xprop xauth openbox dunst gnome-keyring-daemon secret-tool systemd-creds perl; do
  command -v "$program" >/dev/null || not_run "$program is not installed"
done
[ -x /lib/systemd/systemd ] || not_run "systemd is not installed"

work=$(mktemp -d)
group=$cgroups/tapward-try-$$
first=
clean_up() {
  if [ -n "$first" ]; then kill -9 "$first" 2>/dev/null || :; fi
  if [ -e "$group/cgroup.kill" ]; then echo 1 > "$group/cgroup.kill"; fi
  umount -l "$work/root" 2>/dev/null || :
  umount -l "$work/files" 2>/dev/null || :
  for _ in 1 2 3 4 5; do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.2
  done || :
  rm -rf "$work"
}
trap clean_up EXIT

# --- a machine -------------------------------------------------------------------------------------------------------

mkdir "$work/files" "$work/root"
mount -t tmpfs tmpfs "$work/files"
mkdir "$work/files/upper" "$work/files/work"
mount -t overlay -o "lowerdir=/,upperdir=$work/files/upper,workdir=$work/files/work" overlay "$work/root" 2>/dev/null ||
  not_run "no overlay of this machine's files can be made"
root=$work/root
rm -rf "$root/etc/systemd/system" "$root/etc/systemd/user" "$root/etc/fstab" "$root/var/lib/tapward"
mkdir -p "$root/etc/systemd/system" "$root/var/log/journal"
cp -r "$here" "$root/usr/local/src/tapward"

has() { [ -n "$programs" ] && [ -x "$programs/$1" ]; }
built=/usr/local/src/built
stand_in() {
  mkdir -p "$root$built"
  if has "$1"; then cat "$programs/$1"; else cat; fi > "$root$built/$1"
  chmod 755 "$root$built/$1"
}
stand_in tapward-agent <<'AGENT'
#!/bin/sh
# Also as the self-test, which must not hold the session up.
exec sleep infinity
AGENT
stand_in tapward-shield <<'SHIELD'
#!/usr/bin/perl
# Says that it is ready and lives, and ends with the X server, as the shield does. Asked to end it takes its time, as one whose
# agent has apps save, and looks whether they could.
use strict; use Socket;
sub say_to {
  my $path = $ENV{NOTIFY_SOCKET} or return; $path =~ s/^@/\0/;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0); send($socket, $_[0], 0, pack_sockaddr_un($path));
}
my $client = fork() // exit 70;
exec "xprop", "-root", "-spy", "WM_NAME" if $client == 0;
$SIG{TERM} = sub {
  for (1 .. 3) { say_to("WATCHDOG=1"); select(undef, undef, undef, 1); }
  system("pgrep -x Xvfb && pgrep -u tapward-session sleep && touch /var/lib/tapward/outlasted") if -e "/var/lib/tapward/look";
  exit 0;
};
say_to("READY=1");
until (waitpid($client, 1) == $client) { say_to("WATCHDOG=1"); sleep 1; }
exit 70;
SHIELD
stand_in tapward-launch <<'LAUNCH'
#!/usr/bin/perl
# Says that it is ready and lives; takes its socket.
use strict; use Socket;
sub say_to {
  my $path = $ENV{NOTIFY_SOCKET} or return; $path =~ s/^@/\0/;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0); send($socket, $_[0], 0, pack_sockaddr_un($path));
}
exit 64 unless $ENV{LISTEN_FDS} == 1;
say_to("READY=1");
while (1) { say_to("WATCHDOG=1"); sleep 1; }
LAUNCH
"$here/install.sh" --root "$root" --programs "$root$built"
# This kernel's profiles are not ours to change.
rm -f "$root"/etc/apparmor.d/tapward*
mkdir -p "$root/usr/lib/xorg"
rm -f "$root/usr/lib/xorg/Xorg"
cat > "$root/usr/lib/xorg/Xorg" <<'XORG'
#!/bin/sh
# Only what Xvfb understands too.
authority=
while [ $# -gt 0 ]; do
  case $1 in -auth) authority=$2; shift ;; -logfile) echo DontVTSwitch > "$2"; shift ;; esac
  shift
done
exec Xvfb -displayfd 9 -noreset -nolisten tcp -auth "$authority"
XORG
chmod 755 "$root/usr/lib/xorg/Xorg"

chroot "$root" systemctl -q set-default graphical.target
chroot "$root" systemctl -q enable tapward-keyring-secret.service tapward-selftest.service tapward-launch.socket \
  tapward-kiosk.service dbus.socket
chroot "$root" systemctl -q --global enable dbus.socket tapward-keyring.service
mkdir -p "$root/etc/credstore.encrypted" "$root/var/lib/systemd"
head -c 32 /dev/urandom | base64 -w 0 > "$work/secret"
mount -t proc proc "$root/proc"
chroot "$root" systemd-creds -q setup 2>/dev/null
chroot "$root" systemd-creds encrypt -q --with-key=host --name=tapward-keyring - \
  /etc/credstore.encrypted/tapward-keyring < "$work/secret" 2>/dev/null
umount "$root/proc"

cat > "$work/boot" <<'BOOT'
set -e
mount --make-rprivate /
cd "$1"
mount -t proc proc proc
# The kernel's settings are this machine's.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
chmod 1777 tmp
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9; mknod -m 666 dev/tty c 5 0
# No console of this machine: one that nobody uses in place of the first, and nothing in place of the one that is shown.
mknod -m 600 dev/tty1 c 4 63; mknod -m 600 dev/tty0 c 1 3
ip link set lo up 2>/dev/null || :
mkdir -p run/.old
pivot_root . run/.old
cd /
umount -l run/.old
mount --make-rshared /
exec env -i container=tapward PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
BOOT
mkdir "$group"
(
  echo "$BASHPID" > "$group/cgroup.procs"
  exec setsid unshare --pid --mount --cgroup --uts --ipc --net --fork --kill-child \
    bash "$work/boot" "$root" > "$work/log" 2>&1 < /dev/null
) &
unshare=$!
# Killed at the end without a word about it.
disown

# --- what is tried ---------------------------------------------------------------------------------------------------

within() { nsenter -t "$first" -m -p -u -i -n -C -- env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
soon() { # SECONDS COMMAND...: until it succeeds
  local left=$(($1 * 5)); shift
  until "$@" >/dev/null 2>&1; do left=$((left - 1)); [ "$left" -gt 0 ] || return 1; sleep 0.2; done
}
failed=0
expect() { # WORDS SECONDS COMMAND...
  local words=$1 limit=$2; shift 2
  if soon "$limit" "$@"; then echo "ok       $words"; else echo "FAILED   $words"; failed=1; fi
}
find_first() { first=$(pgrep -P "$unshare" | head -n 1) && within systemctl is-system-running --quiet --wait; [ -n "$first" ]; }
soon 30 find_first || { cat "$work/log"; not_run "systemd does not start in a container here"; }

of_kiosk() { within systemctl show tapward-kiosk --value -p "$1"; }
leader() { of_kiosk MainPID; }
is_up() { [ "$(of_kiosk ActiveState)" = active ] && within pgrep -x Xvfb; }
is_another() { is_up && [ "$(leader)" != "$before" ] && [ "$(within pgrep -xc Xvfb)" = 1 ]; }
one_session() { [ "$(within loginctl --no-legend | wc -l)" = 1 ]; }
as_kiosk() {
  local user; user=$(within id -u tapward)
  within runuser -u tapward -- env XDG_RUNTIME_DIR="/run/user/$user" HOME=/var/lib/tapward/home \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$user/bus" "$@"
}
finds_the_secret() { [ "$(as_kiosk secret-tool lookup tapward try)" = kept ]; }

expect "the session begins whatever the self-test does (a stand-in's hangs)" 30 is_up
expect "it is one of logind's, on the first seat" 5 one_session
expect "the window manager and the notification daemon run" 5 within pgrep -x openbox
echo -n kept | as_kiosk secret-tool store --label=tapward tapward try || :
expect "the keyring is open: it keeps a secret and gives it back" 10 finds_the_secret
within pkill -9 -f gnome-keyring-daemon
expect "a keyring daemon that was killed is asked at once, and answers" 10 finds_the_secret
as_kiosk systemctl --user stop tapward-keyring.service
expect "one that was stopped is started by whoever asks" 10 finds_the_secret
expect "the apps' user cannot read what opens it" 1 \
  within runuser -u tapward-session -- sh -c '! cat /run/credentials/tapward-keyring-secret.service/tapward-keyring'
expect "nor the agent's state, nor the launcher's socket" 1 within runuser -u tapward-session -- \
  perl -MSocket -e 'opendir(my $d, "/var/lib/tapward") and exit 1; socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0);
    exit(connect($s, pack_sockaddr_un("/run/tapward/launch.sock")) ? 1 : 0)'
expect "the agent's user reaches the launcher, which is started by that" 10 as_kiosk \
  perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0);
    exit(connect($s, pack_sockaddr_un("/run/tapward/launch.sock")) ? 0 : 1)'
expect "the launcher is ready" 10 within systemctl is-active tapward-launch.service

# Never by number: between two sessions that is 0, which would be this script.
to_leader() { within systemctl kill --kill-who=main -s "$1" tapward-kiosk 2>/dev/null || :; }
before=$(leader); to_leader KILL
expect "the shield killed: a new session" 10 is_another
before=$(leader); within pkill -9 -x Xvfb
expect "the X server killed: a new session" 10 is_another
before=$(leader); within pkill -STOP -x Xvfb; to_leader KILL
expect "the X server stopped and the shield killed: a new session" 10 is_another
before=$(leader); to_leader STOP
expect "the shield hangs: a new session" 25 is_another
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do to_leader KILL; sleep 0.7; done
before=0
expect "twelve kills in a row: a new session all the same" 10 is_another
expect "and one session, not thirteen" 10 one_session
before=$(within systemctl show tapward-launch --value -p MainPID)
within systemctl kill --kill-who=main -s KILL tapward-launch
expect "the launcher killed: it is back" 10 within sh -c \
  "systemctl is-active tapward-launch && [ \"\$(systemctl show tapward-launch --value -p MainPID)\" != $before ]"
sends='socket(my $s, AF_INET, SOCK_DGRAM, 0); exit(send($s, "x", 0, pack_sockaddr_in(9, inet_aton("127.0.0.1"))) ? 0 : 1)'
of_launcher=/sys/fs/cgroup/system.slice/tapward-launch.service/cgroup.procs
if within journalctl -b --no-pager | grep -q "does not support BPF/cgroup firewalling"; then
  echo "NOT RUN  the launcher has no network: this kernel filters none by control group"
else
  expect "what is not the launcher has a network" 1 within perl -MSocket -e "$sends"
  expect "the launcher has none" 1 within sh -c "echo \$\$ > $of_launcher && ! perl -MSocket -e '$sends'"
fi
if has tapward-agent && has tapward-shield; then
  expect "the agent draws its screen under all that the unit forbids" 60 within sh -c \
    'journalctl -b --no-pager -t tapward-kiosk | grep "the agent is ready"'
  expect "and can say so of itself, but that it is not enrolled" 10 within sh -c \
    'journalctl -b --no-pager -t tapward-selftest | grep "MISSING  enrolment"'
else
  echo "NOT RUN  the agent: give --programs a folder with tapward-agent and tapward-shield"
fi
if has tapward-launch; then
  cat > "$root/usr/local/bin/try-app" <<APP
#!/bin/sh
mkdir -p "\$HOME/a/b" /var/tmp/tapward-try/a
chmod 755 /var/tmp/tapward-try
perl -MSocket -e '$sends' && echo sent > /var/tmp/tapward-try/sent
exec sleep infinity
APP
  chmod 755 "$root/usr/local/bin/try-app"
  cat > "$root/usr/local/bin/try-agent" <<'AGENT'
use strict; use Socket;
my $session = "01900000-0000-7000-8000-000000000001";
socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0); connect($s, pack_sockaddr_un("/run/tapward/launch.sock")) or exit 1;
sub ask {
  send($s, $_[0], 0) if @_; my $heard;
  do { recv($s, $heard, 65536, 0); exit 1 if $heard eq "" } until $heard =~ /"(hello|done|failed|wiped)"/;
  print STDERR "$heard\n" and exit 1 if $heard =~ /"failed"/;
}
$SIG{ALRM} = sub { exit 1 }; alarm 40;
ask(); ask('{"request":1,"verb":{"wipe":{}}}');
ask(qq({"request":2,"verb":{"start":{"session":"$session","display":{"name":":0","xauthority":null},) .
  q("apps":[{"id":"try","argv":["/usr/local/bin/try-app"],"save":null,"contract":false}]}}}));
for (1 .. 50) { last if -e "/var/tmp/tapward-try/sent"; select(undef, undef, undef, 0.2); }
exit 1 unless -e "/var/tmp/tapward-try/sent";
exit 1 unless glob("/sys/fs/cgroup/tapward.slice/tapward-session-*.scope");
if (@ARGV) { sleep 60; exit 0; }
ask(qq({"request":5,"verb":{"freeze":{"session":"$session","frozen":true}}}));
ask(qq({"request":6,"verb":{"freeze":{"session":"$session","frozen":false}}}));
ask(qq({"request":3,"verb":{"close":{"session":"$session","within_ms":2000}}}));
ask('{"request":4,"verb":{"wipe":{}}}');
exit(-e "/var/tmp/tapward-try" || -e "/var/lib/tapward-session" ? 1 : 0);
AGENT
  expect "an app runs in its slice, has a network, is frozen, closed, and nothing of it is left" 1 \
    as_kiosk perl /usr/local/bin/try-agent
else
  echo "NOT RUN  apps by the launcher: give --programs a folder with tapward-launch"
fi
expect "no unit has failed but the self-test" 1 within sh -c \
  '[ "$(systemctl --failed --plain --no-legend | grep ^tapward- | grep -vc tapward-selftest)" = 0 ]'
expect "window manager and notification daemon understood theirs" 1 within sh -c \
  '! journalctl -b --no-pager -t tapward-kiosk | grep -E "WARNING|CRITICAL|XML|parse"'
expect "systemd understood every setting" 1 within sh -c \
  '! journalctl -b --no-pager | grep -E "tapward.*(Unknown (key|section|lvalue)|Failed to parse|ignoring)"'
expect "all of it is taken away by install.sh --remove" 1 within /usr/local/src/tapward/install.sh --remove
expect "then nothing of ours runs, and no unit of ours is known" 5 within sh -c \
  '! pgrep -u tapward && ! pgrep -u tapward-session && ! pgrep -x tapward-launch &&
    ! systemctl list-unit-files --no-legend "tapward*" | grep . && ! systemctl list-units --no-legend "tapward*" | grep -w running'
expect "and the state is still there" 1 within test -d /var/lib/tapward/home
within /usr/local/src/tapward/install.sh --programs "$built"
rm -f "$root"/etc/apparmor.d/tapward*
within systemctl start tapward-keyring-secret.service tapward-launch.socket tapward-kiosk.service
expect "installed again, the session begins" 30 is_up
if has tapward-launch && ! has tapward-shield; then
  as_kiosk perl /usr/local/bin/try-agent stays 2>/dev/null &
  disown
  expect "an app runs" 10 within pgrep -u tapward-session sleep
  within touch /var/lib/tapward/look
  within systemctl --no-block start poweroff.target
  expect "when the machine is shut down, X server and apps are there until the session has ended" 15 \
    test -e "$root/var/lib/tapward/outlasted"
else
  echo "NOT RUN  a shutdown: give --programs a folder with tapward-launch and without tapward-shield"
fi

if [ "$failed" != 0 ]; then within systemctl --failed --no-pager || :; within journalctl -b --no-pager -u 'tapward-*' -n 60 || :; fi
exit "$failed"
