"""Endpoints of a model map, each with a trouble of its own."""

from codetune.doctor.endpoints import check_endpoints


def test_each_kind_of_trouble_is_told_apart(served, tmp_path, monkeypatch):
    monkeypatch.delenv("NOT_SET", raising=False)
    path = tmp_path / "models.yaml"
    path.write_text(
        f"good: {{base: '{served.url}', model: m}}\n"
        f"unknown: {{base: '{served.url}'}}\n"
        f"keyless: {{base: '{served.url}', api_env: NOT_SET}}\n"
        f"wrong: {{base: '{served.url.removesuffix('/v1')}/v2'}}\n"
        "down: {base: 'http://127.0.0.1:9/v1'}\n"
        "mixed: {mix: {good: 1, down: 1}}\n"
    )
    reports = {report.name: report for report in check_endpoints(path)}
    assert list(reports) == ["good", "unknown", "keyless", "wrong", "down"]
    assert [report.state for report in reports.values()] == ["ok", "missing", "missing", "ok", "missing"]
    assert "no model called unknown" in reports["unknown"].detail
    assert reports["unknown"].remedy == "take one of: m"
    assert "NOT_SET" in reports["keyless"].remedy
    assert "no connection" in reports["down"].detail


def test_a_refused_key_and_a_missing_one_are_told_apart(served, tmp_path, monkeypatch):
    monkeypatch.setenv("A_KEY", "sk-secret-enough")
    served.refused_list = 401
    path = tmp_path / "models.yaml"
    path.write_text(f"with: {{base: '{served.url}', api_env: A_KEY}}\nwithout: {{base: '{served.url}'}}\n")
    refused, wanted = check_endpoints(path)
    assert "refuses the key" in refused.detail and "A_KEY" in refused.remedy
    assert "wants a key" in wanted.detail and "api_env" in wanted.remedy
    assert "sk-secret" not in refused.detail
