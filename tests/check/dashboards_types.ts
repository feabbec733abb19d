// SPDX-License-Identifier: Apache-2.0
import type { DataQuery } from "@grafana/schema";
import type { Dashboard, FieldConfig, Panel, RowPanel } from
  "@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen";
import type * as Stat from
  "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as Table from
  "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as TimeSeries from
  "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// JSON has texts where the schema has enums of texts.
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

// The dashboard's own schema leaves open what a panel's kind adds to it.
type Kind<Type, Options, Custom> = Omit<Panel, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Type;
  options: Partial<Options>;
  fieldConfig: {
    defaults: Omit<FieldConfig, "custom"> & { custom?: Partial<Custom> };
    overrides: NonNullable<Panel["fieldConfig"]>["overrides"];
  };
  targets: (DataQuery & {
    expr: string; legendFormat: string; editorMode: "code"; instant: boolean; range: boolean;
    format?: "table";
  })[];
};

export type Checked = Json<Omit<Dashboard, "panels"> & {
  panels: (
    RowPanel
    | Kind<"stat", Stat.Options, object>
    | Kind<"table", Table.Options, Table.FieldConfig>
    | Kind<"timeseries", TimeSeries.Options, TimeSeries.FieldConfig>
  )[];
}>;
