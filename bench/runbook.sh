#!/usr/bin/env bash
# The nine steps by hand: kind, kubectl and clusterctl, one after another, as an operator types them.
#
#   runbook.sh FOLDER
#
# FOLDER holds what the operator has written beforehand (`bench/main.ts render FOLDER` writes it). Waits are those of
# kubectl and clusterctl, which watch and return at once. Lines that begin with "==>" are read by bench/main.ts.
set -euo pipefail
umask 077
cd "$1"
. ./settings

bootstrap() { kubectl --kubeconfig bootstrap.kubeconfig "$@"; }
target() { kubectl --kubeconfig target.kubeconfig "$@"; }
begins() { step=$1 && echo "==> step $step begins $(date +%s.%3N) $2"; }
# A webhook may answer a moment after the Deployment behind it is available.
retry() { for _ in {1..60}; do "$@" && return; sleep 1; done; "$@"; }
ends() { echo "==> step $step ends $(date +%s.%3N)"; }

begins 1 "bootstrap cluster"
KIND_EXPERIMENTAL_DOCKER_NETWORK=$NETWORK \
  kind create cluster --name "$KIND_CLUSTER" --config kind.yaml --kubeconfig bootstrap.kubeconfig
docker cp certs.d "$KIND_CLUSTER-control-plane:/etc/containerd/"
docker cp cni.conflist "$KIND_CLUSTER-control-plane:/etc/cni/net.d/10-cluster.conflist"
bootstrap wait node --all --for=condition=Ready --timeout=10m
ends

begins 2 "Ironic on the bootstrap"
bootstrap apply --server-side -f ironic-bootstrap.yaml
bootstrap -n "$OPERATOR_NAMESPACE" rollout status deployment/ironic --timeout=10m
ends

begins 3 "providers on the bootstrap"
clusterctl init --config clusterctl.yaml --kubeconfig bootstrap.kubeconfig "${PROVIDERS[@]}" \
  --wait-providers --wait-provider-timeout 600
retry bootstrap apply --server-side -f baremetal-operator.yaml
bootstrap -n "$OPERATOR_NAMESPACE" rollout status "deployment/$OPERATOR" --timeout=10m
ends

begins 4 "hosts and control plane"
bootstrap create namespace "$NAMESPACE"
retry bootstrap apply --server-side -f hosts.yaml
bootstrap -n "$NAMESPACE" wait baremetalhost --all --for=jsonpath='{.status.provisioning.state}'=available --timeout=30m
retry bootstrap apply --server-side -f cluster.yaml
bootstrap -n "$NAMESPACE" wait "cluster/$CLUSTER" --for=condition=ControlPlaneInitialized --timeout=30m
ends

begins 5 "nodes of the target"
clusterctl get kubeconfig "$CLUSTER" --config clusterctl.yaml --kubeconfig bootstrap.kubeconfig -n "$NAMESPACE" \
  > target.kubeconfig
target apply --server-side -f cni.yaml
bootstrap -n "$NAMESPACE" wait machine --all --for=jsonpath='{.status.phase}'=Running --timeout=30m
target wait node --all --for=condition=Ready --timeout=10m
ends

begins 6 "Ironic on the target"
bootstrap -n "$OPERATOR_NAMESPACE" scale deployment/ironic --replicas=0
bootstrap -n "$OPERATOR_NAMESPACE" wait pod -l name=ironic --for=delete --timeout=5m
target apply --server-side -f ironic-target.yaml
target -n "$OPERATOR_NAMESPACE" rollout status deployment/ironic --timeout=10m
ends

begins 7 "providers on the target"
clusterctl init --config clusterctl.yaml --kubeconfig target.kubeconfig "${PROVIDERS[@]}" \
  --wait-providers --wait-provider-timeout 600
retry target apply --server-side -f baremetal-operator.yaml
target -n "$OPERATOR_NAMESPACE" rollout status "deployment/$OPERATOR" --timeout=10m
ends

begins 8 "move"
# clusterctl takes the annotations off a host before it deletes it: a live operator would deprovision it. Its webhook goes
# with it, or every write to a host fails.
bootstrap -n "$OPERATOR_NAMESPACE" scale "deployment/$OPERATOR" --replicas=0
bootstrap -n "$OPERATOR_NAMESPACE" wait pod -l "$OPERATOR_PODS" --for=delete --timeout=5m
bootstrap delete validatingwebhookconfiguration "$OPERATOR_WEBHOOKS"
# CAPM3 pauses the hosts that machines use, with their status. The spare ones would be inspected again, which reboots them.
spare=$(bootstrap -n "$NAMESPACE" get baremetalhost -o json |
  jq -r '.items[] | select(.spec.consumerRef == null) | .metadata.name')
used=$(bootstrap -n "$NAMESPACE" get baremetalhost -o json |
  jq -r '.items[] | select(.spec.consumerRef != null) | .metadata.name')
for host in $spare; do
  status=$(bootstrap -n "$NAMESPACE" get baremetalhost "$host" -o json | jq -c '.status | del(.hardware)')
  bootstrap -n "$NAMESPACE" annotate baremetalhost "$host" \
    baremetalhost.metal3.io/paused=runbook baremetalhost.metal3.io/status="$status"
done
clusterctl move --config clusterctl.yaml --kubeconfig bootstrap.kubeconfig --to-kubeconfig target.kubeconfig -n "$NAMESPACE"
for host in $spare; do
  target -n "$NAMESPACE" annotate baremetalhost "$host" baremetalhost.metal3.io/paused-
done
[ -z "$used" ] ||
  target -n "$NAMESPACE" wait baremetalhost $used --for=jsonpath='{.status.provisioning.state}'=provisioned --timeout=10m
[ -z "$spare" ] ||
  target -n "$NAMESPACE" wait baremetalhost $spare --for=jsonpath='{.status.provisioning.state}'=available --timeout=10m
target -n "$NAMESPACE" wait machine --all --for=jsonpath='{.status.phase}'=Running --timeout=10m
ends

begins 9 "bootstrap teardown"
# A busy engine may give up on a container that does not end in time; the second call finds it ended.
kind delete cluster --name "$KIND_CLUSTER" --kubeconfig bootstrap.kubeconfig ||
  kind delete cluster --name "$KIND_CLUSTER" --kubeconfig bootstrap.kubeconfig
ends
