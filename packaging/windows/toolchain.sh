#!/usr/bin/env bash
# Makes the rustup toolchain `win`, which compiles and lints for x86_64-pc-windows-gnu, from Debian's packages.
# Usage: toolchain.sh FOLDER
#
# Debian's compiler comes with the library's source but without its Windows build, so that is built once and put
# into the toolchain's own folder; afterwards `cargo +win …` needs no nightly flags.
set -euo pipefail

folder=$1
target=x86_64-pc-windows-gnu
mkdir -p "$folder"
cd "$folder"

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

needed="nasm gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix"
missing=""
for package in $needed; do dpkg-query -W "$package" >/dev/null 2>&1 || missing="$missing $package"; done
if [ -n "$missing" ] || [ ! -e done ]; then
  as_root apt-get update -qq
  library=$(apt-cache depends libstd-rust-web-dev | grep -o 'libstd-rust-web-[0-9][0-9.]*' | sort -u | tail -n 1)
  llvm=$(apt-cache depends "$library" | grep -o 'libllvm[0-9]*' | sort -u | tail -n 1)
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing $llvm
fi

if [ ! -e done ]; then
  rm -rf packages tree build
  mkdir packages tree build
  (
    cd packages
    apt-get download -q rustc-web libstd-rust-web-dev rust-web-src rust-web-clippy "$library"
  )
  for package in packages/*.deb; do
    case $package in
      packages/rust-web-src*)
        dpkg-deb --fsys-tarfile "$package" |
          tar -x -C tree --wildcards './usr/src/rustc-*/library' './usr/lib/rustlib/src' ;;
      *) dpkg-deb -x "$package" tree ;;
    esac
  done
  # rustup looks for the compiler's own library in `lib`, Debian keeps it one folder deeper.
  driver=$(find tree/usr/lib/x86_64-linux-gnu -name 'librustc_driver*' -printf '%f\n' -quit)
  ln -s "x86_64-linux-gnu/$driver" tree/usr/lib/
  ln -sf "$(rustup which cargo)" tree/usr/bin/cargo
  printf '[package]\nname = "build"\nversion = "0.0.0"\nedition = "2021"\n[lib]\npath = "lib.rs"\n[workspace]\n' > build/Cargo.toml
  : > build/lib.rs
fi

rustup toolchain link win "$PWD/tree/usr" 2>/dev/null || true

if [ ! -e done ]; then
  rustlib=tree/usr/lib/rustlib
  export RUSTC_BOOTSTRAP=1
  (
    cd build
    RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR=target cargo +win build -q --release \
      -Z build-std=std,panic_abort,panic_unwind,proc_macro,test --target $target
  )
  mkdir -p $rustlib/$target/lib
  cp build/target/$target/release/deps/lib*.rlib $rustlib/$target/lib/
  rm -f $rustlib/$target/lib/libbuild-*.rlib
  # panic_abort must be compiled for its own strategy, or `panic = "abort"` is refused.
  hash=$(basename $rustlib/$target/lib/libpanic_abort-*.rlib .rlib)
  hash=${hash#libpanic_abort-}
  rustc +win --crate-name panic_abort --edition 2024 --crate-type rlib --target $target -Cpanic=abort \
    -Copt-level=3 -Cembed-bitcode=yes -Zforce-unstable-if-unmarked -Cmetadata="$hash" \
    -Cextra-filename="-$hash" --out-dir $rustlib/$target/lib $rustlib/src/rust/library/panic_abort/src/lib.rs
  rm -rf build packages
  touch done
fi
rustc +win --version
