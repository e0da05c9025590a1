#!/bin/sh
# Imports the image layout /layout into a containerd whose state is /var/lib/containerd. Runs in a privileged container
# of its own, see preload.ts.
set -eu
mkdir -p /run/containerd
printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >/tmp/config.toml
containerd --config /tmp/config.toml --log-level warn &
containerd=$!
for try in $(seq 100); do
  if ctr version >/dev/null 2>&1; then break; fi
  sleep 0.1
done
tar -C /layout -c . | ctr -n k8s.io images import --local --discard-unpacked-layers -
# The removal of an image makes containerd collect what nobody refers to any more: the layers that are unpacked now.
first=$(ctr -n k8s.io images list -q | head -n 1)
ctr -n k8s.io images tag "$first" collect.local/garbage:now
ctr -n k8s.io images rm --sync collect.local/garbage:now
ctr -n k8s.io images list -q
kill "$containerd"
wait "$containerd" || true
rm -rf /var/lib/containerd/tmpmounts
du -sm /var/lib/containerd/*
