package socket

import "testing"

func TestGlobs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, name string
		want          bool
	}{
		{"*.py", "app.py", true},
		{"*.py", "deep/down/app.py", true},
		{"*.py", "app.pyc", false},
		{"*.{py,sql}", "db/x.sql", true},
		{"templates", "templates/a/b.html", true},
		{"templates", "web/templates/b.html", true},
		{"templates/", "web/templates/b.html", false}, // a slash anchors it
		{"./templates", "templates/b.html", true},
		{"./*.py", "deep/app.py", false},
		{"api/**/*.sql", "api/x.sql", true},
		{"api/**/*.sql", "api/a/b/x.sql", true},
		{"api/**/*.sql", "other/x.sql", false},
		{".", "anything/at.all", true},
		{"**", "anything/at.all", true},
		{"main.go", "main.go.orig", false},
	}
	for _, test := range tests {
		globs, err := ParseGlobs([]string{test.pattern})
		if err != nil {
			t.Errorf("ParseGlobs(%q): %v", test.pattern, err)
			continue
		}
		if got := globs.Match(test.name); got != test.want {
			t.Errorf("%q matches %q: %v, want %v", test.pattern, test.name, got, test.want)
		}
	}
	globs, err := ParseGlobs([]string{"!logs", ".", "!*.tmp", "!web/out.html"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a.py": true, "logs/a.py": false, "x/logs/a": false, "x/a.tmp": false, "web/out.html": false, "out.html": true} {
		if got := globs.Match(name); got != want {
			t.Errorf("with exceptions %s matches: %v, want %v", name, got, want)
		}
	}
	for _, pattern := range []string{"!", "!../x", "![a"} {
		if _, err := ParseGlobs([]string{".", pattern}); err == nil {
			t.Errorf("ParseGlobs(%q): no error", pattern)
		}
	}
	if _, err := ParseGlobs([]string{"!*.log"}); err == nil {
		t.Error("nothing but an exception: no error")
	}
	for _, pattern := range []string{"", "/etc", "..", "../x", "a/../../x", "[a", "{a,b"} {
		if _, err := ParseGlobs([]string{"*.go", pattern}); err == nil {
			t.Errorf("ParseGlobs(%q): no error", pattern)
		}
	}
	if (Globs{}).Match("a") {
		t.Error("no pattern matches something")
	}
}
