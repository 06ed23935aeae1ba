"""What the program writes for other programs, read by those programs."""
import csv
import io
import json
import subprocess

import pytest

import bench_vae
from test_bench_vae import needs_libtorch


def bench(*words, folder=None):
    return subprocess.run([bench_vae.program(), *map(str, words), "--quiet"], check=True, capture_output=True, text=True,
                          cwd=folder).stdout


@needs_libtorch
@pytest.mark.parametrize("model", ["beta-vae", "multi-beta-vae"])
def test_tensorboard_reads_the_log(model, tmp_path):
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    words = ["train", "--model", model, "--steps", 120, "--batch-size", 8, "--preset", "smoke", "--out", tmp_path]
    bench(*words)
    # A second session that does the last steps again: what both logged counts once.
    state = tmp_path / "checkpoint/state.json"
    state.write_text(state.read_text().replace('"step" : 120', '"step" : 60'))
    bench(*words, "--resume")
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2
    reader = events.EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    reader.Reload()
    logged = {}
    for line in (tmp_path / "log.jsonl").read_text().splitlines():
        line = json.loads(line)
        for group, values in line.items():
            place = f"t={values['t']}/" if isinstance(values, dict) and "t" in values else ""
            for name, value in (values.items() if isinstance(values, dict) else [("", values)]):
                if name != "t" and group != "step" and value is not None:
                    tag = f"{group}/{place}{name}" if name else group
                    logged.setdefault(tag, []).append((line["step"], value))
    assert len(logged) > 3
    assert set(reader.Tags()["scalars"]) == set(logged)
    for tag, points in logged.items():
        read = [(event.step, event.value) for event in reader.Scalars(tag)]
        assert [step for step, _ in read] == [step for step, _ in points]
        assert [value for _, value in read] == pytest.approx([value for _, value in points], rel=1e-6)


def result(folder, model, seed, value):
    path = folder / "runs/scenes3d" / model / "smoke" / f"seed-{seed}"
    path.mkdir(parents=True)
    (path / "result.json").write_text(json.dumps({
        "schema": 1, "dataset": {"name": "scenes3d", "checksum": None}, "model": model, "preset": "smoke", "seed": seed,
        "metrics": {"mig": {"value": value, "protocol": "dlib, 20 bins", "higher_is_better": True}}}))


def test_hugging_face_reads_the_results(tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    yaml = pytest.importorskip("yaml")
    for seed, value in enumerate([0.25, 0.5]):
        result(tmp_path, "beta-vae", seed, value)
    bench("report", "runs", "--format", "eval-results", "--hub-dataset", "owner/scenes3d", "--source-url",
          "https://example.org", folder=tmp_path)
    entries = hub.parse_eval_result_entries(yaml.safe_load((tmp_path / ".eval_results/bench.yaml").read_text()))
    assert [(entry.dataset_id, entry.task_id, entry.value) for entry in entries] == [("owner/scenes3d", "mig", 0.375)]
    assert "dlib, 20 bins" in entries[0].notes and entries[0].source_url == "https://example.org"


def test_csv_is_read_by_python(tmp_path):
    for seed, value in enumerate([0.25, 0.5]):
        result(tmp_path, "beta-vae", seed, value)
    table = list(csv.DictReader(io.StringIO(bench("compare", "runs", "baselines/published", "--format", "csv",
                                                   folder=tmp_path))))
    own = [row for row in table if row["runs_n"]]
    assert [(row["method"], float(row["runs_mean"]), row["runs_n"]) for row in own] == [("beta-vae", 0.375, "2")]
    assert all(row["source"] for row in table if row["published_mean"])
