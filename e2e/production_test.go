//go:build unix

package e2e_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestBrowserProductionBuild ships the example as docs/deploy.md does it, and
// uses what came of it.
func TestBrowserProductionBuild(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	// As go get -tool leaves it: with what devtool itself requires.
	const module = "github.com/calendsync/devtool"
	requirements := (&project{t: t, dir: ".."}).read("go.mod")
	p.write("go.mod", p.read("go.mod")+"\ntool "+module+"/cmd/devtool\n"+requirements[strings.Index(requirements, "require"):])
	shipped := followDockerfile(t, "../docs/deploy.md", p.dir, append(os.Environ(),
		"XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+devtooltest.GoEnv(t, "GOCACHE"), "GOFLAGS=-mod=mod -buildvcs=false"))
	url := startProgram(t, shipped)

	tab := browsertest.Start(t).Open(url)
	tab.Until(`document.querySelector("script[src^='/assets/main-']") && document.querySelector("link[href^='/assets/app-']")`)
	tab.Until(`getComputedStyle(document.documentElement).getPropertyValue("--accent") !== ""`)
	browsertest.Eval[bool](tab, `(() => {
		document.querySelector("#quick-title").value = "shipped";
		document.querySelector("#quick button").click();
		return true;
	})()`)
	tab.Until(`document.querySelector("#calendar").textContent.includes("shipped")`)
	if said := tab.Complaints(); len(said) > 0 {
		t.Errorf("the page complains: %q", said)
	}
	script := regexp.MustCompile(`/assets/main-[A-Z2-7]{8}\.js`).FindString(devtooltest.Get(t, url))
	res, err := http.Get(url + script)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if cache := res.Header.Get("Cache-Control"); !strings.Contains(cache, "immutable") {
		t.Errorf("%s may be kept as %q", script, cache)
	}
}

// startProgram runs what a container would, and returns its address.
func startProgram(t *testing.T, i *image) (url string) {
	t.Helper()
	program := i.root + i.entrypoint[0]
	cmd := exec.Command(program, append(i.entrypoint[1:], "-data", filepath.Join(i.root, "data.json"))...)
	cmd.Dir = i.dir
	cmd.Env = append(i.env, "HOST=127.0.0.1", "PORT=0", "DEV_MODE=") // a test has no network of its own
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	lines := bufio.NewScanner(stderr)
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		<-ended
	})
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "open "); ok {
			go func() {
				defer close(ended)
				for lines.Scan() { // or it would block
				}
				_ = cmd.Wait() // stopped by us
			}()
			return at
		}
	}
	close(ended)
	t.Fatalf("%s ended: %v", program, cmd.Wait())
	return ""
}
