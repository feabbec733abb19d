#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""build.py [FOLDER]: writes the three dashboards to FOLDER, by default where this file is.

What the panels show is in overview(), one_file() and health(); above them is what all panels have
in common. Graphs over all files ask for the recording rules of ../prometheus/rules.yaml, since a
range of rates of 20,000 files is slow; tables ask once, and get the busiest only."""
import json
import pathlib
import sys

UID = "vfswatchd-{}"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
COLUMNS = 24
HEIGHTS = {"row": 1, "stat": 4, "timeseries": 8, "table": 10}

DAEMON = 'job=~"$job", instance=~"$instance"'
TARGET = DAEMON + ', target=~"$target"'
FILES = TARGET + ', path=~"$path"'  # $path: a regular expression
FILE = TARGET + ', path="$path"'    # $path: a path


# Queries

def rate(metric, selector=DAEMON):
    return f"rate({metric}{{{selector}}}[$__rate_interval])"


def rates(metric, by, selector):
    return f"sum by ({by}) ({rate(metric, selector)})"


def total(metric, selector):
    """A sum that is 0, not absent, where a metric is only present where not 0."""
    return f"(sum({rate(metric, selector)}) or vector(0))"


def busiest(expr, count=10):
    return f"topk({count}, {expr})"


def query(expr, legend=""):
    return {"expr": expr, "legendFormat": legend}


# Panels

def stat(title, description, unit, expr, width=4, **defaults):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "colorMode": "value" if "thresholds" in defaults else "none",
               "graphMode": "none" if "mappings" in defaults else "area",
               "textMode": "auto", "justifyMode": "auto", "orientation": "auto"}
    return panel("stat", title, description, unit, [query(expr)], width, options, defaults)


def graph(title, description, unit, *queries, width=12, stacked=False, **defaults):
    defaults = {"min": 0, **defaults,
                "custom": {"drawStyle": "line", "lineWidth": 1, "showPoints": "never",
                           "fillOpacity": 30 if stacked else 10,
                           "stacking": {"mode": "normal" if stacked else "none", "group": "A"}}}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True,
                          "calcs": ["mean", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, description, unit, queries, width, options, defaults)


def table(title, description, columns, links=None, mean=False):
    """columns: (name, unit, expr) each, beside one for each label; the first one sorts.

    mean: and one for the first by the second, which the browser finds out: asking for it would have
    Prometheus look at all files once more."""
    values = [f"Value #{letter(i)}" for i in range(len(columns))] if columns[1:] else ["Value"]
    names = {value: name for value, (name, _, _) in zip(values, columns)}
    overrides = [override(name, "unit", unit) for name, unit, _ in columns]
    overrides += [override(name, "links", [link]) for name, link in (links or {}).items()]
    if mean:
        overrides.append(override("Mean size", "unit", "bytes"))
    made = rows_of(title, description, [expr for _, _, expr in columns],
                   {"excludeByName": {"Time": True}, "renameByName": names}, overrides,
                   sortBy=[{"displayName": columns[0][0], "desc": True}])
    if mean:
        made["transformations"].insert(1, {"id": "calculateField", "options": {
            "mode": "binary", "alias": "Mean size",
            "binary": {"left": values[0], "operator": "/", "right": values[1]}}})
    return made


def labels_of(title, description, metric, labels):
    """Of a metric that is always 1."""
    return rows_of(title, description, [f"max by ({labels}) ({metric})"],
                   {"excludeByName": {"Time": True, "Value": True}})


def rows_of(title, description, exprs, columns, overrides=(), **options):
    queries = [{**query(expr), "format": "table"} for expr in exprs]
    made = panel("table", title, description, "none", queries, COLUMNS,
                 {"showHeader": True, "cellHeight": "sm", **options},
                 {"custom": {"align": "auto", "filterable": True}}, overrides)
    made["transformations"] = [{"id": "merge", "options": {}},
                               {"id": "organize", "options": columns}]
    return made


def override(field, name, value):
    return {"matcher": {"id": "byName", "options": field},
            "properties": [{"id": name, "value": value}]}


def panel(kind, title, description, unit, queries, width, options, defaults, overrides=()):
    targets = [{"refId": letter(i), "datasource": DATASOURCE, "editorMode": "code",
                "instant": kind == "table", "range": kind != "table", **text}
               for i, text in enumerate(queries)]
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "gridPos": {"w": width, "h": HEIGHTS[kind]},
            "fieldConfig": {"defaults": {"unit": unit, **defaults}, "overrides": list(overrides)},
            "options": options, "targets": targets}


def row(title):
    return {"type": "row", "title": title, "collapsed": False, "panels": [],
            "gridPos": {"w": COLUMNS, "h": HEIGHTS["row"]}}


def letter(index):
    return chr(ord("A") + index)


def steps(*pairs):
    """Colours from these values on; the first is for all below the second."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value}
                                          for color, value in pairs]}


def words(zero, one):
    """What to show for 0 and 1."""
    return [{"type": "value", "options": {"0": {"text": zero, "color": "red", "index": 0},
                                          "1": {"text": one, "color": "green", "index": 1}}}]


# Dashboards

def datasource():
    return {"type": "datasource", "name": "datasource", "label": "Data source",
            "query": "prometheus", "refresh": 1, "hide": 0}


def variable(name, series, **fields):
    """Values of the label of that name."""
    text = f"label_values({series}, {name})"
    return {"type": "query", "name": name, "label": name.capitalize(), "datasource": DATASOURCE,
            "query": {"query": text, "refId": f"variable-{name}"},
            "refresh": 2, "sort": 1, "hide": 0, **fields}


def many(name, series):
    return variable(name, series, multi=True, includeAll=True, allValue=".+",
                    current={"text": ["All"], "value": ["$__all"]})


def daemons():
    return [datasource(), many("job", "vfswatch_build_info"),
            many("instance", 'vfswatch_build_info{job=~"$job"}')]


def targets():
    return many("target", f"vfswatch_target_info{{{DAEMON}}}")


def dashboard(name, title, description, variables, panels):
    return {"uid": UID.format(name), "title": f"vfswatchd / {title}", "description": description,
            "tags": ["vfswatchd"], "editable": True, "timezone": "browser", "graphTooltip": 1,
            "schemaVersion": 39, "version": 1, "refresh": "1m",
            "time": {"from": "now-1h", "to": "now"}, "timepicker": {},
            "annotations": {"list": []}, "templating": {"list": variables},
            "links": [{"type": "dashboards", "title": "vfswatchd", "tags": ["vfswatchd"],
                       "icon": "external link", "tooltip": "", "url": "", "asDropdown": False,
                       "includeVars": True, "keepTime": True, "targetBlank": False}],
            "panels": laid_out(panels)}


def laid_out(panels):
    """From left to right, a new line where one is full; panels of a line are of one height."""
    x = y = height = 0
    for number, each in enumerate(panels, start=1):
        place = each["gridPos"]
        if x + place["w"] > COLUMNS:
            x, y = 0, y + height
        place.update(x=x, y=y)
        x, height = x + place["w"], place["h"]
        each["id"] = number
    return panels


def overview():
    files, readers = "instance, target, path", "instance, target, comm"
    file_bytes = rates("vfswatch_file_read_bytes_total", files, FILES)
    file_calls = rates("vfswatch_file_read_calls_total", files, FILES)
    top_files = busiest(file_bytes, 20)
    known = FILES + ', comm!=""'
    reader_bytes = rates("vfswatch_file_read_bytes_total", readers, known)
    reader_calls = rates("vfswatch_file_read_calls_total", readers, known)
    top_readers = busiest(reader_bytes, 20)
    all_bytes = total("vfswatch_target_read_bytes_total", TARGET)
    all_calls = total("vfswatch_target_read_calls_total", TARGET)
    target_bytes = rates("vfswatch_target_read_bytes_total", "target", TARGET)
    target_calls = rates("vfswatch_target_read_calls_total", "target", TARGET)
    eofs = f"instance_target:vfswatch_file_read_eofs:rate5m{{{TARGET}}}"
    durations = rates("vfswatch_target_read_duration_seconds_bucket", "target, le", TARGET)
    to_file = {"title": "Who reads this file", "url":
               f"/d/{UID.format('file')}/?${{datasource:queryparam}}&${{job:queryparam}}"
               "&var-instance=${__data.fields.instance:percentencode}"
               "&var-target=${__data.fields.target:percentencode}"
               "&var-path=${__data.fields.path:percentencode}&${__url_time_range}"}
    recorded = " As recorded each minute by the rules that come with vfswatchd, over 5 minutes."
    return dashboard("overview", "Overview", "The busiest targets, files and processes.", [
        *daemons(), targets(),
        {"type": "textbox", "name": "path", "label": "Path (regular expression)", "query": ".*",
         "current": {"text": ".*", "value": ".*"}, "hide": 0},
    ], [
        stat("Bytes read",
             "Bytes that reads returned. A read counts for each target that wants it.",
             "Bps", all_bytes),
        stat("Read calls", "Read calls, failed ones and those at the end of a file included.",
             "cps", all_calls),
        stat("Mean read size", "Bytes for each call. Small reads cost as many system calls.",
             "bytes", f"{all_bytes} / {all_calls}"),
        stat("Failed reads", "Read calls that returned an error, EAGAIN included.", "cps",
             total("vfswatch_target_read_errors_total", TARGET)),
        stat("End-of-file polls", "Share of the calls that asked for bytes and got none, which is "
             "what polling looks like." + recorded, "percentunit",
             f"(sum({eofs}) or vector(0)) / {all_calls}"),
        stat("Files", "Series of files on the endpoints, each combination of labels one; of all "
             "targets.", "short", f"sum(vfswatch_series{{{DAEMON}}})"),

        row("Targets"),
        graph("Bytes by target", "Exact totals: files without a series of their own are in them.",
              "Bps", query(target_bytes, "{{target}}")),
        graph("Calls by target", "Exact totals: files without a series of their own are in them.",
              "cps", query(target_calls, "{{target}}")),
        graph("Mean read size by target", "Bytes for each call.", "bytes",
              query(f"{target_bytes} / {target_calls}", "{{target}}")),
        graph("Read duration by target", "Half of the reads, and all but one in a hundred, take no "
              "longer; of targets with `latency: true`.", "s",
              query(f"histogram_quantile(0.5, {durations})", "{{target}} 50%"),
              query(f"histogram_quantile(0.99, {durations})", "{{target}} 99%")),
        graph("Failed reads by target", "EAGAIN and EINTR are how waiting looks, no fault.", "cps",
              query(rates("vfswatch_target_read_errors_total", "target, errno", TARGET),
                    "{{target}} {{errno}}")),
        graph("End-of-file polls by target", "Calls that asked for bytes and got none." + recorded,
              "cps", query(f"sum by (target) ({eofs})", "{{target}}")),

        row("Files"),
        table("Busiest files", "The 20 files of which most bytes are read at the end of the time "
              "range. A click on a path shows who reads it.", [
                  ("Bytes", "Bps", top_files),
                  ("Calls", "cps", f"{file_calls} and {top_files}"),
                  ("Errors", "cps", f"{rates('vfswatch_file_read_errors_total', files, FILES)} "
                   f"and {top_files}"),
                  ("End of file", "cps", f"{rates('vfswatch_file_read_eofs_total', files, FILES)} "
                   f"and {top_files}"),
              ], links={"path": to_file}, mean=True),
        graph("Bytes of the busiest files", "Of the 20 busiest of each target." + recorded, "Bps",
              query(busiest("instance_target_path:vfswatch_file_read_bytes:topk_rate5m"
                            f"{{{FILES}}}"), "{{instance}} {{target}} {{path}}")),
        graph("Calls of the busiest files", "Of the 20 of each target with most calls." + recorded,
              "cps",
              query(busiest("instance_target_path:vfswatch_file_read_calls:topk_rate5m"
                            f"{{{FILES}}}"), "{{instance}} {{target}} {{path}}")),
        graph("Smallest reads", "Mean size of a read, the smallest of the 20 files of each target "
              "with most calls." + recorded, "bytes",
              query("bottomk(10, instance_target_path:vfswatch_file_read_bytes_per_call:topk_rate5m"
                    f"{{{FILES}}})", "{{instance}} {{target}} {{path}}"), width=24),

        row("Processes"),
        table("Busiest processes", "The 20 names of processes that read most bytes at the end of "
              "the time range; of targets with the label comm.", [
                  ("Bytes", "Bps", top_readers),
                  ("Calls", "cps", f"{reader_calls} and {top_readers}"),
              ], mean=True),
        graph("Bytes of the busiest processes", "Of targets with the label comm; whatever the path."
              + recorded, "Bps",
              query(busiest("instance_target_comm:vfswatch_file_read_bytes:topk_rate5m"
                            f"{{{TARGET}}}"), "{{instance}} {{target}} {{comm}}")),
        graph("Calls of the busiest processes", "Of targets with the label comm; whatever the path."
              + recorded, "cps",
              query(busiest("instance_target_comm:vfswatch_file_read_calls:topk_rate5m"
                            f"{{{TARGET}}}"), "{{instance}} {{target}} {{comm}}")),
    ])


def one_file():
    by_bytes, by_calls = "vfswatch_file_read_bytes_total", "vfswatch_file_read_calls_total"
    all_bytes, all_calls = total(by_bytes, FILE), total(by_calls, FILE)
    who = "instance, target, comm, pid, uid, unit, cgroup, container, pod, call"
    readers = busiest(rates(by_bytes, who, FILE), 50)
    panels = [
        stat("Bytes read", "Bytes that reads of this file returned. A read counts for each target "
             "that wants it.", "Bps", all_bytes),
        stat("Read calls", "Failed ones and those at the end of the file included.", "cps",
             all_calls),
        stat("Mean read size", "Bytes for each call.", "bytes", f"{all_bytes} / {all_calls}"),
        stat("Failed reads", "Read calls of this file that returned an error.", "cps",
             total("vfswatch_file_read_errors_total", FILE)),
        stat("End-of-file polls", "Share of the calls that asked for bytes and got none.",
             "percentunit", f"{total('vfswatch_file_read_eofs_total', FILE)} / {all_calls}"),
        stat("Bytes in the time range", "Since this file's series began, where that is later.",
             "bytes", f"sum(increase({by_bytes}{{{FILE}}}[$__range]))"),
        graph("Bytes by target", "A read counts for each target that wants it.", "Bps",
              query(rates(by_bytes, "instance, target", FILE), "{{instance}} {{target}}")),
        graph("Calls, failures and ends of file", "Of all calls, how many failed and how many "
              "found the end of the file.", "cps",
              query(all_calls, "calls"),
              query(total("vfswatch_file_read_errors_total", FILE), "failed"),
              query(total("vfswatch_file_read_eofs_total", FILE), "end of file")),
        row("Who"),
        table("Readers", "The 50 busiest at the end of the time range, by the labels that their "
              "target has.", [
                  ("Bytes", "Bps", readers),
                  ("Calls", "cps", f"{rates(by_calls, who, FILE)} and {readers}"),
              ], mean=True),
    ]
    for label, by, name in (("comm", "comm", "process name"), ("pid", "comm, pid", "process")):
        legend = " ".join(f"{{{{{word}}}}}" for word in by.split(", "))
        known = f'{FILE}, {label}!=""'
        panels += [
            graph(f"Bytes by {name}", f"The busiest 10; of targets with the label {label}.", "Bps",
                  query(busiest(rates(by_bytes, by, known)), legend)),
            graph(f"Calls by {name}", f"The busiest 10; of targets with the label {label}.", "cps",
                  query(busiest(rates(by_calls, by, known)), legend)),
        ]
    known = FILE + ', call!=""'
    panels += [
        row("How"),
        graph("Calls by system call", "Of targets with the label call; execve is what the kernel "
              "reads of a program that starts.", "cps",
              query(rates(by_calls, "call", known), "{{call}}"), stacked=True),
        graph("Mean read size by system call",
              "Bytes for each call; of targets with the label call.", "bytes",
              query(f"{rates(by_bytes, 'call', known)} / {rates(by_calls, 'call', known)}",
                    "{{call}}")),
    ]
    # The busiest paths of each target, and whatever is typed or linked to; never all of them.
    path = variable("path",
                    f"instance_target_path:vfswatch_file_read_bytes:topk_rate5m{{{TARGET}}}",
                    multi=False, includeAll=False,
                    description="The busiest files; any other path can be typed.")
    return dashboard("file", "File", "One file: who reads it, and how.",
                     [*daemons(), targets(), path], panels)


def health():
    def gauge(metric):
        return f"{metric}{{{DAEMON}}}"

    def lost(metric, by):
        return query(rates(metric, by, DAEMON),
                     " ".join(f"{{{{{label}}}}}" for label in by.split(", ")))

    yes_no = {"thresholds": steps(("red", None), ("green", 1))}
    share = {"thresholds": steps(("green", None), ("orange", 0.8), ("red", 0.9)), "max": 1}
    fill = f"{gauge('vfswatch_map_entries')} / {gauge('vfswatch_map_capacity')}"
    series = f"{gauge('vfswatch_series')} / {gauge('vfswatch_series_limit')}"
    since = "time() - max by (instance) ({})".format
    return dashboard("health", "Health", "Is every read counted, and what does that cost?",
                     daemons(), [
        stat("Up", "Whether Prometheus reaches every daemon.", "none", f"min({gauge('up')})",
             mappings=words("down", "up"), **yes_no),
        stat("Probes", "Whether every probe is attached.", "none",
             f"min({gauge('vfswatch_probe_attached')})",
             mappings=words("missing", "attached"), **yes_no),
        stat("Last reload", "Whether every daemon took its configuration at the last attempt.",
             "none", f"min({gauge('vfswatch_config_last_reload_successful')})",
             mappings=words("failed", "succeeded"), **yes_no),
        stat("Web configuration", "Whether every daemon took its certificates and users when they "
             "last changed.", "none",
             f"min({gauge('vfswatch_web_config_last_reload_successful')})",
             mappings=words("refused", "taken"), noValue="none", **yes_no),
        stat("Series in use", "Share of limits.max_series, of the daemon that is nearest to it.",
             "percentunit", f"max({series})", **share),
        stat("Fullest kernel table", "Share of its entries that are in use.", "percentunit",
             f"max({fill})", **share),

        row("Is every read under its file?"),
        graph("Missed probes", "Times that a watched function ran without its probe. 0 on a "
              "healthy host.", "cps",
              lost("vfswatch_probe_missed_total", "instance, role, function")),
        graph("Overflow", "Calls that were counted for their target, but not under a file of their "
              "own.", "cps",
              lost("vfswatch_overflow_read_calls_total", "instance, target, reason")),
        graph("Overflow, bytes", "Bytes that were counted for their target, but not under a file "
              "of their own.", "Bps",
              lost("vfswatch_overflow_read_bytes_total", "instance, target, reason")),
        graph("Unattributed reads", "Calls of watched processes that could be charged to no file. "
              "0 on a healthy host.", "cps",
              lost("vfswatch_unattributed_read_calls_total", "instance, reason")),
        graph("Unattributed bytes", "Bytes of watched processes that could be charged to no file. "
              "0 on a healthy host.", "Bps",
              lost("vfswatch_unattributed_read_bytes_total", "instance, reason")),
        graph("Dropped events", "Events that the kernel side could not deliver; residue_torn loses "
              "nothing.", "cps", lost("vfswatch_dropped_total", "instance, reason")),
        # A process counts them once, at its start: a rate shows nothing.
        graph("State resets", "1 where the running process could not go on with the counts of the "
              "one before.", "short",
              query(f"sum by (instance, reason) ({gauge('vfswatch_state_resets_total')})",
                    "{{instance}} {{reason}}")),
        graph("Paths", "Walks from a file to the root (many where many new files are read), and "
              "series whose path was cut, or is the reader's where the host's was wanted.", "cps",
              query(rates("vfswatch_paths_resolved_total", "instance", DAEMON),
                    "{{instance}} resolved"),
              query(rates("vfswatch_paths_truncated_total", "instance", DAEMON),
                    "{{instance}} truncated"),
              query(rates("vfswatch_paths_unresolved_total", "instance", DAEMON),
                    "{{instance}} unresolved")),

        row("Limits"),
        graph("Series and their limit", "Beyond the limit, reads of new files are overflow.",
              "short",
              query(gauge("vfswatch_series"), "{{instance}} series"),
              query(gauge("vfswatch_series_limit"), "{{instance}} limit")),
        graph("Fill of kernel tables", "Share of the entries in use, of tables that can fill up.",
              "percentunit", query(fill, "{{instance}} {{map}}"), max=1),
        graph("Memory of kernel tables", "What the kernel charges for each table.", "bytes",
              query(f"sum by (map) ({gauge('vfswatch_map_memory_bytes')})", "{{map}}"),
              stacked=True),
        graph("Memory", "Resident memory of the daemon, and that of all its kernel tables.",
              "bytes",
              query(gauge("process_resident_memory_bytes"), "{{instance}} daemon"),
              query(f"sum by (instance) ({gauge('vfswatch_map_memory_bytes')})",
                    "{{instance}} kernel tables")),

        row("Cost"),
        graph("Scrape duration", "As the daemon measures it, and as Prometheus does.", "s",
              query(gauge("vfswatch_scrape_duration_seconds"), "{{instance}} daemon"),
              query(gauge("scrape_duration_seconds"), "{{instance}} Prometheus")),
        graph("Samples of a scrape", "What Prometheus stores of each scrape.", "short",
              query(gauge("scrape_samples_scraped"), "{{instance}}")),
        graph("Processor time", "Share of one processor that the daemon takes; what the probes "
              "cost is with the readers.", "percentunit",
              query(rates("process_cpu_seconds_total", "instance", DAEMON), "{{instance}}")),
        graph("Descriptors", "Open file descriptors of the daemon, and how many it may have.",
              "short", query(gauge("process_open_fds"), "{{instance}} open"),
              query(gauge("process_max_fds"), "{{instance}} limit")),

        row("Snippets"),
        graph("Sampled reads by outcome", "written is in the journal; rate_limited is what the "
              "limits are for.", "cps", lost("vfswatch_snippets_total", "target, outcome"),
              stacked=True),
        graph("Sampled reads by target", "Reads that were drawn for a sample.", "cps",
              lost("vfswatch_snippets_sampled_total", "target")),

        row("What is running"),
        graph("Time since the start", "Falls to 0 with each start of the daemon.", "s",
              query(since(gauge("process_start_time_seconds")), "{{instance}}")),
        graph("Time since the configuration was loaded", "Falls to 0 with each start, and with "
              "each reload that succeeds.", "s",
              query(since(gauge("vfswatch_config_last_reload_success_timestamp_seconds")),
                    "{{instance}}")),
        table("Probes by function", "1 while the probe is attached.", [
            ("Attached", "none", "max by (instance, role, function, method) "
             f"({gauge('vfswatch_probe_attached')})")]),
        labels_of("Targets", "As configured, shortened.", gauge("vfswatch_target_info"),
                  "instance, target, processes, paths"),
        labels_of("Builds", "What is running, and on which kernel.", gauge("vfswatch_build_info"),
                  "instance, version, revision, compiler, libbpf, kernel"),
    ])


def main(arguments):
    folder = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent
    for name, made in (("overview", overview()), ("file", one_file()), ("health", health())):
        text = json.dumps(made, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
