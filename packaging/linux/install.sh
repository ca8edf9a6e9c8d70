#!/bin/sh
# Puts the files of this folder where they belong on a workstation, and the programs where the files expect them. Enables
# nothing and starts nothing: README.md says what comes next.
# Usage: install.sh [--root FOLDER] [--programs FOLDER]
#   --root FOLDER      the workstation's root folder (default: /)
#   --programs FOLDER  where tapward-shield, tapward-agent and tapward-launch were built; none are copied without it
# A configuration that is there already (agent.toml, rules for readers) is left as it is.
set -eu

root=
programs=
while [ $# -gt 0 ]; do
  case $1 in
    --root) root=$2; shift 2 ;;
    --programs) programs=$2; shift 2 ;;
    *) sed -n 's/^# \{0,1\}//; 2,7p' "$0" >&2; exit 64 ;;
  esac
done
here=$(cd "$(dirname "$0")" && pwd)

put() { install -D -m "$1" "$here/$2" "$root$3"; }
keep() { [ -e "$root$3" ] || put "$1" "$2" "$3"; }

if [ -n "$programs" ]; then
  for program in tapward-shield tapward-agent tapward-launch; do
    install -D -m 755 "$programs/$program" "$root/usr/lib/tapward/$program"
  done
  mkdir -p "$root/usr/bin"
  ln -sf ../lib/tapward/tapward-agent "$root/usr/bin/tapward-agent"
fi

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
put 644 systemd/user/tapward-keyring.service /usr/lib/systemd/user/tapward-keyring.service
for folder in coredump journald logind sleep system; do
  put 644 "systemd/$folder.conf.d/50-tapward.conf" "/etc/systemd/$folder.conf.d/50-tapward.conf"
done
# Keys that restart the machine or ask for a console, and a console that is root's without a password.
for target in ctrl-alt-del.target debug-shell.service kbrequest.target; do
  mkdir -p "$root/etc/systemd/system"
  ln -sf /dev/null "$root/etc/systemd/system/$target"
done

put 644 polkit/50-tapward-readers.rules /etc/polkit-1/rules.d/50-tapward-readers.rules
put 644 polkit/60-tapward-kiosk.rules /etc/polkit-1/rules.d/60-tapward-kiosk.rules
put 644 udev/71-tapward-storage.rules /etc/udev/rules.d/71-tapward-storage.rules
for profile in abstractions/tapward-agent abstractions/tapward-web tapward tapward-launch; do
  put 644 "apparmor/$profile" "/etc/apparmor.d/$profile"
done

keep 644 udev/70-tapward-readers.rules /etc/udev/rules.d/70-tapward-readers.rules
keep 644 agent.toml /etc/tapward/agent.toml
