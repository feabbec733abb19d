// SPDX-License-Identifier: Apache-2.0
import type { IPodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import type { ConfigMap, Namespace } from "kubernetes-types/core/v1";
import type { DaemonSet } from "kubernetes-types/apps/v1";

export type Checked = Namespace | ConfigMap | DaemonSet | IPodMonitor;
