#!/bin/sh
# Puts the files of this folder where they belong on a workstation, and the programs where the files expect them. Enables
# nothing and starts nothing: README.md says what comes next. Or takes all of that away again.
# Usage: install.sh [--root FOLDER] [--programs FOLDER | --remove [--purge]]
#   --root FOLDER      the workstation's root folder (default: /)
#   --programs FOLDER  where tapward-shield, tapward-agent and tapward-launch were built; none are copied without it
#   --remove           ends the session, disables the units, and takes away every file that is put here, and nothing else
#   --purge            /etc/tapward, /var/lib/tapward and the keyring's secret too, with the records that wait for the server
# A configuration that is there already (agent.toml, rules for readers) is left as it is, by --remove where it was changed.
set -eu

root=
programs=
remove=
purge=
usage() { sed -n 's/^# \{0,1\}//; 2,9p' "$0" >&2; exit 64; }
while [ $# -gt 0 ]; do
  case $1 in
    --root) [ $# -gt 1 ] || usage; root=${2%/}; shift 2 ;;
    --programs) [ $# -gt 1 ] || usage; programs=$2; shift 2 ;;
    --remove) remove=1; shift ;;
    --purge) purge=1; shift ;;
    *) usage ;;
  esac
done
if [ -n "$remove" ]; then [ -z "$programs" ] || usage; else [ -z "$purge" ] || usage; fi
here=$(cd "$(dirname "$0")" && pwd)

if [ -z "$remove" ]; then
  put() { install -D -m "$1" "$here/$2" "$root$3"; }
  keep() { [ -e "$root$3" ] || put "$1" "$2" "$3"; }
  put_program() { [ -z "$programs" ] || install -D -m 755 "$programs/$1" "$root/usr/lib/tapward/$1"; }
  put_link() { mkdir -p "$root${2%/*}"; ln -sf "$1" "$root$2"; }
else
  put() { rm -f "$root$3"; }
  keep() { if [ -n "$purge" ] || cmp -s "$here/$2" "$root$3"; then rm -f "$root$3"; fi; }
  put_program() { rm -f "$root/usr/lib/tapward/$1"; }
  put_link() { [ "$(readlink "$root$2")" != "$1" ] || rm -f "$root$2"; }

  systemctl -q --root="$root/" disable tapward-kiosk.service tapward-launch.socket tapward-selftest.service \
    tapward-keyring-secret.service 2>/dev/null || :
  systemctl -q --root="$root/" --global disable tapward-keyring.service 2>/dev/null || :
  if [ -z "$root" ]; then
    # The session first: its apps are closed by the launcher. What is left of them is in the slice.
    for unit in tapward-kiosk.service tapward-launch.socket tapward-launch.service tapward.slice \
      tapward-session-pre.target tapward-selftest.service tapward-keyring-secret.service; do
      systemctl stop "$unit" 2>/dev/null || :
    done
    if user=$(id -u tapward 2>/dev/null); then systemctl stop "user@$user.service" 2>/dev/null || :; fi
    for profile in tapward tapward-launch; do
      [ ! -e "/etc/apparmor.d/$profile" ] || apparmor_parser -R "/etc/apparmor.d/$profile" 2>/dev/null || :
    done
  fi
fi

for program in tapward-shield tapward-agent tapward-launch; do
  put_program "$program"
done
if [ -n "$programs$remove" ]; then put_link ../lib/tapward/tapward-agent /usr/bin/tapward-agent; fi

put 755 session/tapward-session /usr/lib/tapward/tapward-session
put 755 session/tapward-kiosk /usr/lib/tapward/tapward-kiosk
put 644 session/openbox.xml /usr/share/tapward/session/openbox.xml
put 644 session/dunstrc /usr/share/tapward/session/dunstrc
put 644 session/tapward.desktop /usr/share/xsessions/tapward.desktop
put 644 xorg/10-tapward.conf /etc/X11/xorg.conf.d/10-tapward.conf
put 644 pam/tapward-kiosk /etc/pam.d/tapward-kiosk

put 644 sysusers.d/tapward.conf /usr/lib/sysusers.d/tapward.conf
put 644 tmpfiles.d/tapward.conf /usr/lib/tmpfiles.d/tapward.conf
put 644 sysctl.d/60-tapward.conf /etc/sysctl.d/60-tapward.conf
for unit in kiosk.service keyring-secret.service launch.socket launch.service selftest.service; do
  put 644 "systemd/tapward-$unit" "/usr/lib/systemd/system/tapward-$unit"
done
put 644 systemd/tapward.slice /usr/lib/systemd/system/tapward.slice
put 644 systemd/tapward-session-pre.target /usr/lib/systemd/system/tapward-session-pre.target
put 644 systemd/session-.scope.d/50-tapward.conf /etc/systemd/system/session-.scope.d/50-tapward.conf
put 644 systemd/user/tapward-keyring.service /usr/lib/systemd/user/tapward-keyring.service
for folder in coredump journald logind sleep system; do
  put 644 "systemd/$folder.conf.d/50-tapward.conf" "/etc/systemd/$folder.conf.d/50-tapward.conf"
done
# Keys that restart the machine or ask for a console, and a console that is root's without a password.
for target in ctrl-alt-del.target debug-shell.service kbrequest.target; do
  put_link /dev/null "/etc/systemd/system/$target"
done

put 644 polkit/50-tapward-readers.rules /etc/polkit-1/rules.d/50-tapward-readers.rules
put 644 polkit/60-tapward-kiosk.rules /etc/polkit-1/rules.d/60-tapward-kiosk.rules
put 644 udev/71-tapward-storage.rules /etc/udev/rules.d/71-tapward-storage.rules
for profile in abstractions/tapward-agent abstractions/tapward-web tapward tapward-launch; do
  put 644 "apparmor/$profile" "/etc/apparmor.d/$profile"
done

keep 644 udev/70-tapward-readers.rules /etc/udev/rules.d/70-tapward-readers.rules
keep 644 agent.toml /etc/tapward/agent.toml

if [ -n "$remove" ]; then
  if [ -n "$purge" ]; then
    rm -rf "$root/etc/tapward" "$root/var/lib/tapward" "$root/var/lib/tapward-session" "$root/run/tapward-session"
    # The first is the launcher's mark that something of an app may be left.
    rm -f "$root/var/lib/tapward-session.not-wiped" "$root/etc/credstore.encrypted/tapward-keyring"
  fi
  # Folders of ours that hold nothing any more.
  for folder in /usr/lib/tapward /usr/share/tapward/session /usr/share/tapward /etc/tapward/skel /etc/tapward /run/tapward; do
    rmdir "$root$folder" 2>/dev/null || :
  done
  if [ -z "$root" ]; then
    systemctl daemon-reload 2>/dev/null || :
    udevadm control --reload 2>/dev/null || :
  fi
fi
