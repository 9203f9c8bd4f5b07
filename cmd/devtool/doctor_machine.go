package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/editor"
	"github.com/calendsync/devtool/internal/regular"
	"github.com/calendsync/devtool/internal/socket"
	"github.com/calendsync/devtool/internal/watch"
)

// checkGo asks the go command, which knows best, for itself and for what the
// other checks need.
func checkGo(ctx context.Context, root string, e environment) (finding, map[string]string) {
	names := []string{"GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "CC"}
	cmd := exec.CommandContext(ctx, "go", append([]string{"env"}, names...)...)
	cmd.Dir, cmd.Env = root, e.env
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return finding{"go", unfit, "there is no go command on PATH", "install Go from https://go.dev/dl"}, nil
	}
	if err != nil {
		said := err.Error()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			said = strings.TrimSpace(string(exit.Stderr))
		}
		return finding{"go", unfit, "go env fails: " + said, "fix what it reports; go.mod may require a newer Go"}, nil
	}
	env := map[string]string{}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if i < len(names) {
			env[names[i]] = strings.TrimSpace(line)
		}
	}
	return finding{"go", fine, env["GOVERSION"] + " " + env["GOOS"] + "/" + env["GOARCH"], ""}, env
}

// checkLinker is about programs with C in them: the C linker is most of their
// build time.
func checkLinker(ctx context.Context, cfg *config.Config, env map[string]string, e environment) []finding {
	if env["CGO_ENABLED"] != "1" || len(cfg.Go.Command) > 0 {
		return nil
	}
	const foreign = `{{if and .CgoFiles (not .Standard)}}{{.ImportPath}}{{end}}`
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-deps", "-f", foreign, cfg.Go.Package)
	cmd.Dir, cmd.Env = cfg.Root, e.env
	out, err := cmd.Output()
	packages := strings.Fields(string(out))
	if err != nil || len(packages) == 0 {
		return nil
	}
	if _, err := exec.LookPath(strings.Fields(env["CC"] + " cc")[0]); err != nil {
		return []finding{{"linker", unfit, packages[0] + " needs a C compiler, and there is none", "install gcc or clang, or set CGO_ENABLED=0 in [go] env"}}
	}
	for _, name := range []string{"mold", "ld.lld"} {
		if path, err := exec.LookPath(name); err == nil {
			return []finding{{"linker", fine, path, ""}}
		}
	}
	return []finding{{"linker", caution, packages[0] + " is linked by C's own linker, which is slow", "install mold, or lld"}}
}

func checkPort(cfg *config.Config) finding {
	s := cfg.Server
	p, err := openPublic(s, passed{})
	var busy *socket.BusyError
	switch {
	case err == nil:
		_ = p.close()
		if len(p.remarks) > 0 {
			return finding{"port", caution, p.remarks[0].Text, "choose one with --port, or stop the program that holds it"}
		}
		return finding{"port", fine, fmt.Sprintf("%s is free", p.url), ""}
	case errors.As(err, &busy):
		return finding{"port", unfit, err.Error(), busy.Hint()}
	default:
		return finding{"port", unfit, err.Error(), "choose an address of this machine with server.host"}
	}
}

func checkEditor(cfg *config.Config, e environment) finding {
	_, err := editor.Choose(editor.Options{
		LaunchEditor: e.getenv("LAUNCH_EDITOR"), Setting: cfg.Overlay.Editor,
		Visual: e.getenv("VISUAL"), Editor: e.getenv("EDITOR"), Running: editor.Running,
	})
	if err != nil {
		text, fix, _ := strings.Cut(err.Error(), "; ")
		return finding{"editor", caution, "a click on a file in the page opens nothing: " + text, fix}
	}
	return finding{"editor", fine, "a click on a file in the page opens it", ""}
}

// checkNode looks whether the packages that the web side imports are installed.
func checkNode(cfg *config.Config) []finding {
	dir := cfg.Root
	for _, candidate := range []string{cfg.Web.Dir, filepath.Dir(cfg.Web.Dir)} {
		if cfg.Web.Dir != "" && exists(filepath.Join(candidate, "package.json")) {
			dir = candidate
			break
		}
	}
	text, err := regular.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil || !strings.Contains(string(text), `ependencies"`) {
		return nil // nothing of npm is used: devtool needs no Node
	}
	path, err := exec.LookPath("node")
	switch {
	case err != nil:
		return []finding{{"node", caution, dir + " has dependencies, and there is no node", "install Node.js, for npm install and for the check of types"}}
	case !exists(filepath.Join(dir, "node_modules")):
		return []finding{{"node", caution, dir + " has dependencies that are not installed", "npm install in " + dir}}
	default:
		return []finding{{"node", fine, path, ""}}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkFiles is about noticing changes.
func checkFiles(root string) []finding {
	found := []finding{{"filesystem", fine, root + " reports changes", ""}}
	if kind := watch.SilentFilesystem(root); kind != "" {
		found[0] = finding{"filesystem", caution, root + " is on " + kind + ", and is polled", "keep the sources on a local filesystem for faster reactions"}
	}
	return append(found, checkWatches()...)
}

// checkCache is about where tokens and keys are kept.
func checkCache() finding {
	kept, err := openCache()
	if err != nil {
		return finding{"cache", unfit, err.Error(), "set XDG_CACHE_HOME to a directory of your own"}
	}
	defer kept.close()
	for _, remark := range kept.remarks {
		return finding{"cache", caution, remark.Text, remark.Hint}
	}
	return finding{"cache", fine, kept.dir, ""}
}

func checkGit() finding {
	if path, err := exec.LookPath("git"); err == nil {
		return finding{"git", fine, path, ""}
	}
	return finding{"git", caution, "there is no git: go get of private modules and version stamps need it", "install git"}
}

// checkBrowser looks for what the tests of web pages drive.
func checkBrowser(e environment) finding {
	names := []string{e.getenv("CHROME_PATH"), "chromium", "chromium-browser", "google-chrome", "chrome", "chromium-headless-shell"}
	for _, name := range names {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return finding{"browser", fine, path + " can run browser tests", ""}
		}
	}
	return finding{"browser", caution, "there is no Chromium for tests of pages", "install chromium, or set CHROME_PATH"}
}

// checkRunning says which devtool serves the project, and what is left of one
// that was killed together with its guardian.
func checkRunning(ctx context.Context, root string) (f finding, served bool) {
	claims, _ := claimsOf(root) // without, nobody is found
	for _, claim := range claims {
		if server := dialClaim(ctx, claim); server != nil {
			server.Close()
			text, _ := os.ReadFile(claim)
			who, _, _ := strings.Cut(string(text), "\n")
			return finding{"running", fine, who + " serves the project", ""}, true
		}
	}
	if pids := orphans(); len(pids) > 0 {
		return finding{"running", caution, "a devtool that was killed left processes: " + strings.Join(pids, ", "), "kill " + strings.Join(pids, " ")}, false
	}
	return finding{"running", fine, "no devtool serves the project, and nothing is left over from an earlier run", ""}, false
}
