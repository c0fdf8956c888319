"""deploy/alarms.yml: the same alarms as docs/monitor.md, and unit tests of the rules with promtool."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.docs.pages import code_blocks, read, table

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/alarms.yml"
CASES = Path(__file__).with_name("alarms_test.yml")


def promtool(*arguments: str | Path, folder: Path = ROOT) -> str:
    """The output of promtool; fails if promtool fails or is missing."""
    process = subprocess.run(
        ["promtool", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def rules() -> list[dict[str, Any]]:  # Any: a rule of Prometheus
    (group,) = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    alarms: list[dict[str, Any]] = group["rules"]
    return alarms


def test_the_rules_are_the_alarms_of_the_page_in_the_same_order() -> None:
    units = {" s": "s", " min": "m"}
    documented = []
    for name, when, wait, because in table(read("monitor.md"), "## Alarms"):
        lasts = re.sub("|".join(units), lambda match: units[match[0]], wait)
        documented.append(
            {
                "alert": name.strip("`"),
                "expr": when.strip("`"),
                **({} if wait == "at once" else {"for": lasts}),
                "annotations": {"summary": because},
            }
        )
    assert documented == rules()
    assert len(documented) == len({rule["alert"] for rule in documented})


def test_prometheus_accepts_the_rules() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", RULES)


def test_every_alarm_fires_with_its_first_event_and_none_without() -> None:
    cases = yaml.safe_load(CASES.read_text("utf-8"))["tests"]
    fired = {
        label
        for case in cases
        for check in case["promql_expr_test"]
        for sample in check["exp_samples"]
        for label in re.findall(r'alertname="(\w+)"', sample["labels"])
    }
    assert fired == {rule["alert"] for rule in rules()}
    promtool("test", "rules", CASES)


def test_prometheus_accepts_the_configuration_on_the_page(tmp_path: Path) -> None:
    (text,) = code_blocks(read("monitor.md"), "yaml")
    (tmp_path / "prometheus.yml").write_text(text, "utf-8")
    shutil.copy(RULES, tmp_path)
    promtool("check", "config", "prometheus.yml", folder=tmp_path)
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    for job in yaml.safe_load(text)["scrape_configs"]:
        assert job["job_name"].startswith("flashwire-")
        hosts = [target.partition(":")[0] for target in job["static_configs"][0]["targets"]]
        assert set(hosts) == {name for name in compose if name.startswith(job["job_name"].removeprefix("flashwire-"))}
