//go:build unix

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
)

// TestScreenshots makes the pictures of the README, on demand:
//
//	SCREENSHOTS=$PWD/docs/images go test -run Screenshots ./e2e
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		t.Skip("makes the pictures of the README; set SCREENSHOTS to a directory")
	}
	w := startSession(t)
	save := func(name string) {
		for _, scheme := range []string{"light", "dark"} {
			w.tab.Prefer(scheme)
			if err := os.WriteFile(filepath.Join(dir, name+"-"+scheme+".png"), w.tab.Screenshot(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.tab.Until(`document.getElementById("presence").hidden === false`)
	save("calendar")
	w.Outcome(func() { w.edit("page.go", "// return len(entries)", "return len(entries)") })
	w.tab.Until(browsertest.PanelShown)
	w.tab.Until(`document.querySelector("devtool-overlay").shadowRoot.getAnimations().every(a => a.playState === "finished")`)
	save("overlay")
}
