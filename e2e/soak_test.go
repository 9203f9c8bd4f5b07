//go:build unix

package e2e_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestSoakUnderRaceDetector replaces the app again and again, edits the settings
// meanwhile, and keeps asking: no request is lost, and the race detector has
// nothing to say of devtool. More of it:
//
//	SOAK_REPLACEMENTS=60 go test -run TestSoakUnderRaceDetector ./e2e
func TestSoakUnderRaceDetector(t *testing.T) {
	t.Parallel()
	replacements := setting(t, "SOAK_REPLACEMENTS", strconv.Atoi, 6)
	p := newSmall(t, map[string]string{
		"page.go":      versionPage(0),
		"web/main.ts":  "import './main.css';\nconsole.log(0);\n",
		"web/main.css": "body { color: red }\n",
		"devtool.toml": soakSettings(0),
	})
	program, err := devtooltest.Build(t.TempDir(), "-race")
	if err != nil {
		t.Fatal(err)
	}
	p.prepare = func(cmd *exec.Cmd) {
		cmd.Path, cmd.Args[0] = program, program
		cmd.Env = append(cmd.Env, "GORACE=halt_on_error=0 exitcode=66")
	}
	s := p.start()
	visitors := []*knock{startKnocking(t, s.url), startKnocking(t, s.url), startKnocking(t, s.url+"/assets/main.js")}
	for n := range replacements {
		version := n + 1
		p.write("page.go", versionPage(version))
		p.replace("devtool.toml", soakSettings(version)) // while the app is built
		if version%3 == 0 {
			p.write("web/main.ts", fmt.Sprintf("import './main.css';\nconsole.log(%d);\n", version))
		}
		want := fmt.Sprintf("version %d", version)
		s.until(want, func() bool { return devtooltest.Get(t, s.url) == want })
	}
	asked := 0
	for _, k := range visitors {
		k.end()
		asked += int(k.asked.Load())
		if lost := k.failed.Load(); lost > 0 {
			t.Errorf("%d requests were lost, the first with %s", lost, *k.firstFailure.Load())
		}
	}
	applied := 0
	for _, m := range s.Since(0) {
		applied += len(m.Applied)
	}
	if applied < replacements {
		t.Errorf("%d settings were applied, want %d at least", applied, replacements)
	}
	s.Stop()
	if code := s.Cmd.ProcessState.ExitCode(); code != 0 || strings.Contains(s.Stderr(), "DATA RACE") {
		t.Errorf("exit code %d, want 0 and no race:\n%s", code, s.Stderr())
	}
	t.Logf("%d replacements, %d settings applied, %d requests", replacements, applied, asked)
}

// soakSettings are different ones for each version; what they concern changes in turn.
func soakSettings(version int) string {
	define := fmt.Sprintf("[web]\nentry_points = [\"web/main.ts\"]\ndefine = { VERSION = \"%d\" }\n", version/2)
	return fmt.Sprintf("%s\n[app]\nenv = { VERSION = \"%d\" }\ndrain_timeout = \"%ds\"\n\n[overlay]\nindicator = %v\n\n[[rule]]\npaths = [\"%s\"]\naction = \"reload\"\n",
		define, version/3, 5+version%4, version%2 == 0, filepath.ToSlash(fmt.Sprintf("docs/%d.md", version)))
}
