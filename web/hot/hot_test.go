package hot

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/calendsync/devtool/web/scripttest"
)

// budget is what pages load at most, gzipped, in bytes.
const budget = 12 << 10

func TestBundle(t *testing.T) {
	t.Parallel()
	text, err := Bundle("")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Bundle("")
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("bundled twice, not the same (err %v)", err)
	}
	size := scripttest.Gzipped(t, text)
	t.Logf("runtime: %d bytes, %d gzipped", len(text), size)
	if size > budget {
		t.Errorf("the runtime takes %d bytes gzipped, the budget is %d", size, budget)
	}
	for _, bad := range []string{"innerHTML", "eval(", "new Function", "sourceMappingURL", "process.env"} {
		if bytes.Contains(text, []byte(bad)) {
			t.Errorf("the runtime contains %q", bad)
		}
	}
	if !bytes.Contains(text, []byte("@license React")) {
		t.Error("the runtime does not name the licence of react-refresh")
	}
}

func TestProjectsOwnReactRefresh(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "node_modules", "react-refresh")
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("cjs/main.ts", "exports.performReactRefresh = 'within the project'")
	runtime := write("runtime.js", "if (process.env.NODE_ENV === 'production') throw 1; module.exports = require('./cjs/main.ts')")
	text, err := Bundle(runtime)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("within the project")) {
		t.Error("the runtime does not hold the project's react-refresh")
	}
	if bytes.Contains(text, []byte("Could not find helpers for a root")) {
		t.Error("the runtime holds the embedded react-refresh, too")
	}
	if _, err := Bundle(filepath.Join(dir, "gone.js")); err == nil {
		t.Error("a react-refresh that is not there makes no error")
	}
}

func TestTypeScript(t *testing.T) {
	t.Parallel()
	scripttest.Run(t)
}
