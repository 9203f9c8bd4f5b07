package config

import (
	"path/filepath"
	"testing"
)

// TestTemplatesRestart: HTML that the app reads restarts it; what it or a tool
// writes does not.
func TestTemplatesRestart(t *testing.T) {
	t.Parallel()
	const page, filled = "<!doctype html><p>plain", "<!doctype html><p>{{.Name}}"
	dir := tree(t, map[string]string{
		"go.mod": "module example.com/shop\n", "main.go": "package main", "cmd/shop/main.go": "package main", "mail/mail_test.go": "package mail",
		"index.html": page, "internal/web/page.html": page, "internal/web/web.go": "package web",
		"ui/html/pages/home.html": filled, "ui/html/base.html": `{{define "base"}}`, "pongo/a.html": "{% extends 'b' %}", "mustache/a.html": "<p>{{ name }}",
		"internal/web/profile.html": filled, "site/index.html": page, "site/app.html": "<script>function(){{if(a){b()}}};x={{}}</script>", "mail/sample.html": page,
		"playwright-report/index.html": filled, "dist/index.html": filled,
	})
	done, _, err := Discover(load(t, Options{Cwd: dir}), []Main{{Dir: filepath.Join(dir, "cmd/shop")}})
	if err != nil {
		t.Fatal(err)
	}
	action := func(rel string) string {
		for _, r := range done.Rules {
			if r.Match(rel) {
				return r.Action
			}
		}
		return ""
	}
	for _, rel := range []string{
		"index.html", "about.html", "cmd/shop/page.html", "internal/web/page.html", "internal/web/new.html", "internal/web/profile.html", "search_results.html",
		"templates/page.html", "templates/mail/report.html", "internal/app/views/a.html", "web/template/a.html", "layouts/x.html", "views/coverage.html",
		"ui/html/pages/home.html", "ui/html/pages/new.html", "ui/html/new/x.html", "pongo/new.html", "mustache/b.html",
		"a.tmpl", "x/y/a.gohtml", "deep/a.tpl", ".env",
	} {
		if action(rel) != "restart" {
			t.Errorf("%s does not restart the app", rel)
		}
	}
	for _, rel := range []string{
		"out/index.html", "coverage.html", "cover.html", "test-report.html", "internal/web/coverage.html", "benchmark.html", "results.html",
		"playwright-report/index.html", "playwright-report/data/x.html", "coverage/index.html", "htmlcov/a.html", "test-results/x/templates/a.html",
		"dist/index.html", "web/dist/templates/a.html", "site/index.html", "site/docs/x.html", "mail/sample.html", "var/mails/1.html",
		"data/export/index.html", "storybook-static/iframe.html", "tmp/mail.html", "rendered/a.html",
	} {
		if action(rel) == "restart" {
			t.Errorf("%s restarts the app", rel)
		}
	}
	for _, rel := range []string{"shop.db", "data/app.sqlite3-wal", "data/app.db-shm", "app.db-journal", "log/app.log", "app.pid", "cpu.prof", "pb_data/storage/x.png"} {
		if got := action(rel); got != "ignore" {
			t.Errorf("%s, which the app writes: %q", rel, got)
		}
	}
}
