package generate

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// tools are the executables behind `go tool NAME`. The go command often takes
// longer to find that a tool is built than the tool takes to run, so it is asked
// again only when the files change that decide which tool it is.
type tools struct {
	mu    sync.Mutex
	known map[string]tool // by name
}

type tool struct {
	path  string // empty: built from sources that may change, only the go command knows
	state string // of the module when it was asked
}

// toolName returns the name of the tool that a command runs, if it runs one.
func toolName(run []string) (string, bool) {
	if len(run) < 3 || run[0] != "go" || run[1] != "tool" || strings.HasPrefix(run[2], "-") {
		return "", false
	}
	return run[2], true
}

// tool returns the executable of a tool, or "" where the go command has to run it.
func (s *Set) tool(ctx context.Context, name string) string {
	state := moduleState(s.options.Dir)
	s.tools.mu.Lock()
	known, ok := s.tools.known[name]
	s.tools.mu.Unlock()
	if ok && known.state == state && (known.path == "" || exists(known.path)) {
		return known.path
	}
	var fixed bool
	var asking sync.WaitGroup
	asking.Go(func() { fixed = s.fixedTools(ctx) })
	out, err := s.output(ctx, "go", "tool", "-n", name)
	asking.Wait()
	path := strings.TrimSpace(out)
	if err != nil || !filepath.IsAbs(path) || !exists(path) {
		return ""
	}
	if state == moduleState(s.options.Dir) && ctx.Err() == nil {
		known = tool{state: state}
		if fixed {
			known.path = path
		}
		s.tools.mu.Lock()
		if s.tools.known == nil {
			s.tools.known = map[string]tool{}
		}
		s.tools.known[name] = known
		s.tools.mu.Unlock()
	}
	return path
}

// fixedTools reports whether all tools of the module are of released versions.
func (s *Set) fixedTools(ctx context.Context) bool {
	const local = `{{with .Module}}{{if or .Main (and .Replace (not .Replace.Version))}}{{.Path}}{{end}}{{end}}`
	out, err := s.output(ctx, "go", "list", "-deps", "-f", local, "tool")
	return err == nil && strings.TrimSpace(out) == ""
}

// output returns the output of a command.
func (s *Set) output(ctx context.Context, run ...string) (string, error) {
	path, err := lookPath(run[0], s.options.Dir, s.options.Env)
	if err != nil {
		return "", err
	}
	cmd := s.commandOf(ctx, path, run[1:])
	var out bytes.Buffer
	cmd.Stdout = &out
	wait, err := s.options.Spawn(cmd)
	if err == nil {
		err = wait()
	}
	return out.String(), err
}

func (s *Set) commandOf(ctx context.Context, path string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = pipeDelay
	cmd.Dir = s.options.Dir
	cmd.Env = append(s.options.Env[:len(s.options.Env):len(s.options.Env)], "PWD="+s.options.Dir)
	return cmd
}

// moduleState changes whenever one of the files changes that decide which tools
// dir has: those of the module and the workspace around it.
func moduleState(dir string) string {
	var state strings.Builder
	for {
		for _, name := range []string{"go.mod", "go.sum", "go.work", "go.work.sum", "vendor/modules.txt"} {
			hash, _ := hashFile(filepath.Join(dir, filepath.FromSlash(name))) // a missing file has no hash
			state.WriteString(hash + "\n")
		}
		above := filepath.Dir(dir)
		if above == dir {
			return state.String()
		}
		dir = above
	}
}
